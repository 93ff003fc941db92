import { handOver, isOn, keep, onRouterTransitionStart, type Sdk } from "./report";

// Starting the SDK blocks a phone for a noticeable time, so the first taps go first.
const START_DELAY_MS = 4000;
const IDLE_TIMEOUT_MS = 3000;

/** Starts Sentry in the browser once the page is idle. Returns the functions that Next.js calls. */
export function reportWith(loadSdk: () => Promise<Sdk>) {
  let isLoading = false;

  async function load(): Promise<void> {
    if (isLoading) return;
    isLoading = true;
    const [sdk, { start }] = await Promise.all([loadSdk(), import("./sentry")]);
    // From here on, the SDK listens itself.
    removeEventListener("error", keepUncaught);
    removeEventListener("unhandledrejection", keepUncaught);
    handOver(sdk, start);
  }

  function keepUncaught(event: ErrorEvent | PromiseRejectionEvent): void {
    const error = "reason" in event ? event.reason : (event.error ?? event.message);
    keep({ error, handled: false });
    // A visitor who meets an error may leave soon.
    whenInteractive(load);
  }

  if (isOn) {
    addEventListener("error", keepUncaught);
    addEventListener("unhandledrejection", keepUncaught);
    whenInteractive(() => setTimeout(load, START_DELAY_MS));
  }
  return { onRouterTransitionStart };
}

/** Calls a function once the page is loaded and idle. */
export function whenInteractive(run: () => void): void {
  // Safari has no idle callbacks.
  const rest = () =>
    "requestIdleCallback" in window
      ? requestIdleCallback(run, { timeout: IDLE_TIMEOUT_MS })
      : setTimeout(run, 200);
  if (document.readyState === "complete") rest();
  else addEventListener("load", rest, { once: true });
}
