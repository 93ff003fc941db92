import type { captureRequestError } from "../../storefront/src/sentry";
import { dsn, options } from "../sentry";

/** Starts Sentry in the storefront's server; Next.js calls it once, before the first request. */
export async function register(): Promise<void> {
  if (!dsn) {
    console.info("Sentry is off: NEXT_PUBLIC_SENTRY_DSN is not set.");
    return;
  }
  const { init } = await import("../../storefront/src/sentry");
  init({
    ...options,
    // Trace headers go to the API and to nobody else.
    tracePropagationTargets: process.env.API_ORIGIN ? [startingWith(process.env.API_ORIGIN)] : [],
  });
}

/** Reports what failed while a page was rendered or a route answered. */
export async function onRequestError(
  ...failure: Parameters<typeof captureRequestError>
): Promise<void> {
  if (!dsn) return;
  const { captureRequestError } = await import("../../storefront/src/sentry");
  captureRequestError(...failure);
}

// As a string it would also match an address that carries it in its query.
function startingWith(origin: string): RegExp {
  return new RegExp(`^${origin.replace(/[.]/g, "\\.")}(/|$)`);
}
