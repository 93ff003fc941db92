import type { ReactNode } from "react";

import { checkout } from "@/texts";

/** A row of what something costs. */
export function Sum({ name, amount }: { name: ReactNode; amount: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{amount}</dd>
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
