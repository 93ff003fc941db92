"use client";

import { useRef } from "react";

import { search, shop } from "@/texts";

import { categoryPath, Link } from "./link";

/** A row of links; where there is no room for it, a button opens it, also without JavaScript. */
export function Menu({ categories }: { categories: string[] }) {
  const menu = useRef<HTMLElement>(null);
  // The router keeps the page's frame, and with it what is open.
  const close = () => menu.current?.hidePopover();

  return (
    <>
      <button className="menu-button narrow-only" type="button" popoverTarget="menu">
        <svg viewBox="0 0 20 20" aria-hidden="true">
          <path d="M2 7h16M2 13h16" />
        </svg>
        <span className="visually-hidden">{shop.menu}</span>
      </button>
      <nav ref={menu} className="menu" id="menu" popover="auto" aria-label={shop.navigation}>
        <button
          className="menu-close narrow-only soft"
          type="button"
          popoverTarget="menu"
          popoverTargetAction="hide"
        >
          {shop.close}
        </button>
        <ul>
          {categories.map((name) => (
            <li key={name}>
              <Link href={categoryPath(name)} onClick={close}>
                {name}
              </Link>
            </li>
          ))}
          <li className="narrow-only">
            <Link href="/search" onClick={close}>
              {search.everything}
            </Link>
          </li>
        </ul>
      </nav>
    </>
  );
}
