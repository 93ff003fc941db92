import { beforeRouter } from "./before-router";
import { decision } from "./decision";
import settings from "./settings.json";

type WithNavigation = Window & { navigation?: EventTarget };

let isOver = false;

/** Whether a path is one that is never recorded. */
export function isPrivate(path: string): boolean {
  return settings.neverOn.some((part) => path === part || path.startsWith(`${part}/`));
}

/** Whether this document is such a page, or began as one: then it still holds some of it. */
export function isPrivateDocument(): boolean {
  const [landing] = performance.getEntriesByType("navigation");
  const addresses = [location.href, landing?.name ?? location.href];
  return addresses.some((address) => isPrivate(new URL(address).pathname));
}

/** Whether the recorder may send what it has; it asks each time. */
export function maySend(): boolean {
  isOver ||= isPrivate(location.pathname);
  return !isOver && decision() === "allowed";
}

/** Makes each link between private pages and the others load its page, instead of the router. */
export function keepApart(): void {
  const leaveToBrowser = (event: MouseEvent) => {
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (link?.origin !== location.origin) return;
    if (isPrivate(link.pathname) !== isPrivate(location.pathname)) event.stopPropagation();
  };
  addEventListener("click", leaveToBrowser, { capture: true });
}

/** Ends a document that records when it turns into a private page in spite of that. */
export function endOnPrivatePages(): void {
  const endThere = (event: Event) => {
    if (!isPrivate(location.pathname)) return;
    // Before the router has shown the page.
    event.stopImmediatePropagation();
    isOver = true;
    location.reload();
  };
  beforeRouter(endThere);
  // Told by newer browsers of what code navigates to; in the others the recorder may send nothing.
  (window as WithNavigation).navigation?.addEventListener("currententrychange", endThere);
}
