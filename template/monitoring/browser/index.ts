import { handOver, isOn, keep, onRouterTransitionStart, type Sdk } from "./report";
import { whenInteractive } from "./when-interactive";

// To start the SDK keeps a phone busy for as long as a tap may wait: the first taps go first.
const PEACE_MS = 4000;

/** Starts Sentry in the browser once it is in nobody's way; gives what Next.js calls. */
export function reportWith(loadSdk: () => Promise<Sdk>) {
  let isLoading = false;

  async function load(): Promise<void> {
    if (isLoading) return;
    isLoading = true;
    const [sdk, { start }] = await Promise.all([loadSdk(), import("./sentry")]);
    // From here on the SDK listens itself.
    removeEventListener("error", keepUncaught);
    removeEventListener("unhandledrejection", keepUncaught);
    handOver(sdk, start);
  }

  function keepUncaught(event: ErrorEvent | PromiseRejectionEvent): void {
    const error = "reason" in event ? event.reason : (event.error ?? event.message);
    keep({ error, handled: false });
    // Whoever meets an error may not stay for long.
    whenInteractive(load);
  }

  if (isOn) {
    addEventListener("error", keepUncaught);
    addEventListener("unhandledrejection", keepUncaught);
    whenInteractive(() => setTimeout(load, PEACE_MS));
  }
  return { onRouterTransitionStart };
}
