import { dsn, type Init, type KnownOptions, options } from "../sentry";

// How many traces a minute each process records because a caller asks for it, at a rate of 1.
const ASKED_FOR_PER_MINUTE = 120;

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
      tracesSampler: sampler(options.tracesSampleRate),
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

// If the trace began in the browser, the browser has decided. But anyone can say so.
function sampler(rate: number) {
  const size = ASKED_FOR_PER_MINUTE * rate;
  let left = size;
  let filled = Date.now();

  return ({ parentSampled }: { parentSampled?: boolean }): number => {
    if (parentSampled === false) return 0;
    const now = Date.now();
    left = Math.min(size, left + (size * (now - filled)) / 60_000);
    filled = now;
    if (parentSampled && left >= 1) {
      left -= 1;
      return 1;
    }
    // Decided here, because the SDK takes its random number from the caller's `baggage`.
    return Number(Math.random() < rate);
  };
}

// A string would also match an address with the origin in its query.
function startingWith(origin: string): RegExp {
  return new RegExp(`^${origin.replace(/[.]/g, "\\.")}(/|$)`);
}
