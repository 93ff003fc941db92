import { dsn, type Init, type KnownOptions, options } from "../sentry";

interface Sdk<Known extends KnownOptions, Failure extends unknown[]> {
  captureRequestError: (...failure: Failure) => unknown;
  init: Init<Known>;
}

/** Reports from the storefront's server to Sentry. Returns the functions that Next.js calls. */
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
      // Trace headers go only to the API.
      tracePropagationTargets: process.env.API_ORIGIN ? [startingWith(process.env.API_ORIGIN)] : [],
    });
  }

  /** Reports an error from rendering a page or answering a route. */
  async function onRequestError(...failure: Failure): Promise<void> {
    if (!dsn) return;
    const { captureRequestError } = await loadSdk();
    captureRequestError(...failure);
  }

  return { onRequestError, register };
}

// A string would also match an address with the origin in its query.
function startingWith(origin: string): RegExp {
  return new RegExp(`^${origin.replace(/[.]/g, "\\.")}(/|$)`);
}
