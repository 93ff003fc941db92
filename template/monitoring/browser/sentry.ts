import { options } from "../sentry";
import type { Kept, Sdk } from "./report";

/** Starts the SDK and reports the errors from before it had loaded. */
export function start({ captureException, init }: Sdk, early: Kept[]): void {
  init({
    ...options,
    // Only the shop's own origin: another one would have to allow the headers in a preflight.
    tracePropagationTargets: [/^\/(?!\/)/],
  });
  for (const { error, handled } of early) {
    captureException(error, { mechanism: { handled, type: "before_sdk" } });
  }
}
