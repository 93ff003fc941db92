import ownAdditions from "../own.json";
import { decision } from "./decision";
import type { BeforeRouter } from "./index";
import settings from "./settings.json";

type WithNavigation = Window & { navigation?: EventTarget };

const own = ownAdditions as { fields?: string[]; publicPages?: string[] };
const publicPages = [...settings.publicPages, ...(own.publicPages ?? [])];

let isOver = false;

/** Returns whether a path is never recorded: that of each page that is not listed as public. */
export function isPrivate(path: string): boolean {
  const parts = (path.slice(language(path).length) || "/").split("/");
  return !publicPages.some((page) => fits(page.split("/"), parts));
}

/** Returns what may be recorded of an address: its origin, and the path of a public page. */
export function publicAddress(address: string): string {
  const { origin, pathname } = new URL(address, location.href);
  return origin === location.origin && !isPrivate(pathname) ? origin + pathname : origin;
}

/** Returns selectors of the links that may say more than which public page they lead to. */
export function otherLinks(): string[] {
  const links = ["", language(location.pathname)].flatMap((prefix) =>
    publicPages.map((page) => {
      const [start = "", parameter] = page.split("[");
      const path = prefix && page === "/" ? prefix : prefix + start;
      return `[href${parameter ? "^" : ""}=${JSON.stringify(path)}]`;
    }),
  );
  return [`:is(a,area)[href]:not(${links})`, ":is(a,area):is([href*='?'],[href*='#'])"];
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
export function endOnPrivatePages(beforeRouter: BeforeRouter): void {
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

// The document has to be in that language: /my is Burmese, or a page about the customer.
function language(path: string): string {
  const [code] = /^[a-z]{2,3}\b/i.exec(document.documentElement.lang) ?? [];
  const [prefix = ""] = (code && new RegExp(`^/${code}(-[a-z]{2})?(?=/|$)`, "i").exec(path)) || [];
  return prefix;
}

function fits(page: string[], parts: string[]): boolean {
  const isLonger = parts.length > page.length && page.at(-1)?.startsWith("[...");
  return (
    (isLonger || parts.length === page.length) &&
    page.every((part, at) => (part.startsWith("[") ? parts[at] : part === parts[at]))
  );
}
