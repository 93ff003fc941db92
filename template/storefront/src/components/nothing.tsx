import Link from "next/link";

import { cart } from "@/texts";

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
