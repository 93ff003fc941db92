import type { ReactNode } from "react";

import { checkout } from "@/texts";

/** What something is called, and beside it what it is or costs. */
export function Row({ name, children }: { name: ReactNode; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Total({ amount }: { amount: string }) {
  return (
    <div className="sum">
      <dt>
        {checkout.total} <small>{checkout.tax}</small>
      </dt>
      <dd>{amount}</dd>
    </div>
  );
}
