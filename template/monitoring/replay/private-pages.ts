import { beforeRouter } from "./before-router";
import { decision } from "./decision";
import settings from "./settings.json";

type WithNavigation = Window & { navigation?: EventTarget };

let isOver = false;

/** Returns whether a path is never recorded. */
export function isPrivate(path: string): boolean {
  return settings.neverOn.some((part) => path === part || path.startsWith(`${part}/`));
}

/** Returns whether this document is such a page, or began as one and may still contain parts. */
export function isPrivateDocument(): boolean {
  const [landing] = performance.getEntriesByType("navigation");
  const addresses = [location.href, landing?.name ?? location.href];
  return addresses.some((address) => isPrivate(new URL(address).pathname));
}

/** Returns whether the recorder may send data. It asks each time. */
export function maySend(): boolean {
  isOver ||= isPrivate(location.pathname);
  return !isOver && decision() === "allowed";
}

/** Makes links between private and other pages load the page, bypassing the router. */
export function keepApart(): void {
  const leaveToBrowser = (event: MouseEvent) => {
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (link?.origin !== location.origin) return;
    if (isPrivate(link.pathname) !== isPrivate(location.pathname)) event.stopPropagation();
  };
  addEventListener("click", leaveToBrowser, { capture: true });
}

/** Reloads a recorded document that becomes a private page in spite of that. */
export function endOnPrivatePages(): void {
  const endThere = (event: Event) => {
    if (!isPrivate(location.pathname)) return;
    // Before the router shows the page.
    event.stopImmediatePropagation();
    isOver = true;
    location.reload();
  };
  beforeRouter(endThere);
  // Newer browsers also report navigation by code. In others, maySend stops the recorder.
  (window as WithNavigation).navigation?.addEventListener("currententrychange", endThere);
}
