import type { ReactNode } from "react";

import { cart } from "@/texts";

import { Link } from "./link";

interface Props {
  title: string;
  text?: string;
  children?: ReactNode;
}

/** A page that has one thing to say. */
export function Notice({ title, text, children }: Props) {
  return (
    <section className="notice stack">
      <h1>{title}</h1>
      {text && <p>{text}</p>}
      {children}
    </section>
  );
}

/** What a cart says that has nothing in it. */
export function Nothing() {
  return (
    <p className="large">
      {cart.empty} <Link href="/search">{cart.emptyLink}</Link>
    </p>
  );
}
