let listener: ((event: Event) => void) | undefined;

// Listeners run in the order in which they were added, and this file is loaded before the router.
addEventListener("popstate", (event) => listener?.(event));

/** Calls a function on each step through history, before the router and able to stop it. */
export function beforeRouter(hear: (event: Event) => void): void {
  listener = hear;
}
