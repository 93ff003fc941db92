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
  const { add } = useCart();
  const [quantity, setQuantity] = useState(1);
  const [isAdding, setAdding] = useState(false);
  // Null once it is in the cart.
  const [problem, setProblem] = useState<string | null>();
  const { stock } = product;

  const isFew = stock !== null && stock < FEW;
  if (stock === 0) return <p className="purchase fine">{shop.soldOut}</p>;

  async function onClick() {
    if (isAdding) return;
    setAdding(true);
    setProblem(await add(product, quantity));
    setAdding(false);
  }

  return (
    <div className="purchase stack">
      <p className={isFew ? "fine soft" : "in-stock row fine"}>
        {isFew ? texts.left(stock) : texts.inStock}
      </p>
      <Quantity
        label={texts.quantity}
        value={quantity}
        max={Math.min(stock ?? MAX_QUANTITY, MAX_QUANTITY)}
        onStep={(by) => setQuantity(quantity + by)}
        isAlone
      />
      <button className="button" type="button" onClick={onClick} aria-disabled={isAdding}>
        {texts.add}
      </button>
      <p className="purchase-note">
        {problem === null && (
          <>
            {texts.added} <a href="/cart">{texts.viewCart}</a>
          </>
        )}
        {problem}
      </p>
    </div>
  );
}
