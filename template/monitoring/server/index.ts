import { dsn, type Init, type KnownOptions, options } from "../sentry";

interface Sdk<Known extends KnownOptions, Failure extends unknown[]> {
  captureRequestError: (...failure: Failure) => unknown;
  init: Init<Known>;
}

/** Reports from the storefront's server to Sentry; gives what Next.js calls. */
export function reportWith<Known extends KnownOptions, Failure extends unknown[]>(
  loadSdk: () => Promise<Sdk<Known, Failure>>,
) {
  /** Starts Sentry; Next.js calls it once, before the first request. */
  async function register(): Promise<void> {
    if (!dsn) {
      console.info("Sentry is off: NEXT_PUBLIC_SENTRY_DSN is not set.");
      return;
    }
    const { init } = await loadSdk();
    init({
      ...options,
      // Trace headers go to the API and to nobody else.
      tracePropagationTargets: process.env.API_ORIGIN ? [startingWith(process.env.API_ORIGIN)] : [],
    });
  }

  /** Reports what failed while a page was rendered or a route answered. */
  async function onRequestError(...failure: Failure): Promise<void> {
    if (!dsn) return;
    const { captureRequestError } = await loadSdk();
    captureRequestError(...failure);
  }

  return { onRequestError, register };
}

// As a string it would also match an address that carries it in its query.
function startingWith(origin: string): RegExp {
  return new RegExp(`^${origin.replace(/[.]/g, "\\.")}(/|$)`);
}
