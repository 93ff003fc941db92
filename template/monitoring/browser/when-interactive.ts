const LATEST_MS = 3000;

/** Runs something once the page is loaded and has nothing better to do. */
export function whenInteractive(run: () => void): void {
  // Safari has no idle callbacks.
  const rest = () =>
    "requestIdleCallback" in window
      ? requestIdleCallback(run, { timeout: LATEST_MS })
      : setTimeout(run, 200);
  if (document.readyState === "complete") rest();
  else addEventListener("load", rest, { once: true });
}
