import { whenInteractive } from "../browser";

type Listener = (event: Event) => void;
export type BeforeRouter = (hear: Listener) => void;

const appId = process.env.NEXT_PUBLIC_LOGROCKET_APP_ID;
let listener: Listener | undefined;

// Listeners run in the order in which they were added, and this file is loaded before the router.
addEventListener("popstate", (event) => listener?.(event));

/** Calls a function on each step through history, before the router and able to stop it. */
function beforeRouter(hear: Listener): void {
  listener = hear;
}

if (appId) whenInteractive(async () => (await import("./consent")).start(appId, beforeRouter));
