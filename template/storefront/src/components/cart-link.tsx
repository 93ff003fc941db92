"use client";

import Link from "next/link";

import { useCart } from "./cart-provider";

export function CartLink() {
  const { cart } = useCart();
  const count = cart?.quantity ?? 0;
  return (
    <Link className="cart-link" href="/cart">
      Cart
      {count > 0 && (
        <>
          <span className="cart-count" aria-hidden="true">
            {count}
          </span>
          <span className="visually-hidden">{count === 1 ? ", 1 item" : `, ${count} items`}</span>
        </>
      )}
    </Link>
  );
}
