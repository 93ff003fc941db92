import Link from "next/link";
import type { ReactNode } from "react";

import { cart, shop } from "@/texts";

interface Props {
  title: string;
  children?: ReactNode;
}

/** A page that has one thing to say. */
export function Notice({ title, children }: Props) {
  return (
    <section className="notice">
      <h1>{title}</h1>
      {children}
    </section>
  );
}

interface Trail {
  trail: { name: string; path: string }[];
  current: string;
}

export function Breadcrumbs({ trail, current }: Trail) {
  return (
    <nav className="breadcrumbs" aria-label={shop.breadcrumbs}>
      <ol>
        {[{ name: shop.home, path: "/" }, ...trail].map(({ name, path }) => (
          <li key={path}>
            <Link href={path} prefetch={false}>
              {name}
            </Link>
          </li>
        ))}
        <li aria-current="page">{current}</li>
      </ol>
    </nav>
  );
}

/** What a cart says that has nothing in it. */
export function Nothing() {
  return (
    <p className="cart-empty">
      {cart.empty}{" "}
      <Link href="/search" prefetch={false}>
        {cart.emptyLink}
      </Link>
    </p>
  );
}
