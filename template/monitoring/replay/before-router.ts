let listener: ((event: Event) => void) | undefined;

// Listeners are called in the order in which they came, and this file comes before the router.
addEventListener("popstate", (event) => listener?.(event));

/** Hears of each step through history first, and can keep it from the router. */
export function beforeRouter(hear: (event: Event) => void): void {
  listener = hear;
}
