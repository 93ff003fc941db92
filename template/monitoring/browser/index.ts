import { handOver, isOn, keep } from "./report";
import { whenInteractive } from "./when-interactive";

export { onRouterTransitionStart } from "./report";

// To start the SDK keeps a phone busy for as long as a tap may wait: the first taps go first.
const PEACE_MS = 4000;

let isLoading = false;

async function load(): Promise<void> {
  if (isLoading) return;
  isLoading = true;
  const sdk = await import("./sentry");
  // From here on the SDK listens itself.
  removeEventListener("error", keepUncaught);
  removeEventListener("unhandledrejection", keepUncaught);
  handOver(sdk);
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
