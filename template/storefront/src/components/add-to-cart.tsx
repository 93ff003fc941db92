"use client";

import { useState } from "react";

import type { Product } from "@/lib/api";

import { useCart } from "./cart-provider";

export function AddToCart({ product }: { product: Product }) {
  const { add, busy } = useCart();
  const [added, setAdded] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  async function onClick() {
    if (busy) return;
    const outcome = await add(product);
    setProblem(outcome);
    setAdded(outcome === null);
  }

  return (
    <div className="purchase">
      <button className="button" type="button" onClick={onClick} aria-disabled={busy}>
        Add to cart
      </button>
      <p className="purchase-note">
        {added && (
          <>
            In your cart. <a href="/cart">View cart</a>
          </>
        )}
        {problem}
      </p>
    </div>
  );
}
