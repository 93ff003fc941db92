import { captureException, init } from "../../storefront/src/sentry";
import { options } from "../sentry";
import type { Kept } from "./report";

export {
  captureException,
  captureRouterTransitionStart,
  setContext,
} from "../../storefront/src/sentry";

/** Starts the SDK and reports what went wrong before it was there. */
export function start(early: Kept[]): void {
  init({
    ...options,
    // The shop's own origin only: another one would have to allow the headers in a preflight.
    tracePropagationTargets: [/^\/(?!\/)/],
  });
  for (const { error, handled } of early) {
    captureException(error, { mechanism: { handled, type: "before_sdk" } });
  }
}
