import { options } from "../sentry";
import type { Kept, Sdk } from "./report";

/** Starts the SDK and reports what went wrong before it was there. */
export function start({ captureException, init }: Sdk, early: Kept[]): void {
  init({
    ...options,
    // The shop's own origin only: another one would have to allow the headers in a preflight.
    tracePropagationTargets: [/^\/(?!\/)/],
  });
  for (const { error, handled } of early) {
    captureException(error, { mechanism: { handled, type: "before_sdk" } });
  }
}
