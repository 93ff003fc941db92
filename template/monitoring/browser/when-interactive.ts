const IDLE_TIMEOUT_MS = 3000;

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
