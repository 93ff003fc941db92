import { handOver, isOn, keep } from "./report";
import { whenInteractive } from "./when-interactive";

export { onRouterTransitionStart } from "./report";

function keepUncaught(event: ErrorEvent | PromiseRejectionEvent): void {
  const error = "reason" in event ? event.reason : (event.error ?? event.message);
  keep({ error, handled: false });
}

if (isOn) {
  addEventListener("error", keepUncaught);
  addEventListener("unhandledrejection", keepUncaught);
  whenInteractive(async () => {
    const sdk = await import("./sentry");
    // From here on the SDK listens itself.
    removeEventListener("error", keepUncaught);
    removeEventListener("unhandledrejection", keepUncaught);
    handOver(sdk);
  });
}
