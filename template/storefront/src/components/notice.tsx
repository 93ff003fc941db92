import type { ReactNode } from "react";

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
