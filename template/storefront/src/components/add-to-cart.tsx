"use client";

import { useState } from "react";

import type { Product } from "@/lib/api";
import { MAX_QUANTITY } from "@/lib/cart";
import { shop, product as texts } from "@/texts";

import { useCart } from "./cart-provider";
import { Quantity } from "./quantity";

// Below it, customers are told how many are left.
const FEW = 5;

export function AddToCart({ product }: { product: Product }) {
  const { add, busy } = useCart();
  const [quantity, setQuantity] = useState(1);
  const [added, setAdded] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { stock } = product;

  if (stock === 0) return <p className="stock stock-none">{shop.soldOut}</p>;

  async function onClick() {
    if (busy) return;
    const outcome = await add(product, quantity);
    setProblem(outcome);
    setAdded(outcome === null);
  }

  return (
    <div className="purchase">
      <p className="stock">{stock !== null && stock < FEW ? texts.left(stock) : texts.inStock}</p>
      <Quantity
        label={texts.quantity}
        value={quantity}
        max={Math.min(stock ?? MAX_QUANTITY, MAX_QUANTITY)}
        onStep={(by) => setQuantity(quantity + by)}
      />
      <button className="button" type="button" onClick={onClick} aria-disabled={busy}>
        {texts.add}
      </button>
      <p className="purchase-note">
        {added && (
          <>
            {texts.added} <a href="/cart">{texts.viewCart}</a>
          </>
        )}
        {problem}
      </p>
    </div>
  );
}
