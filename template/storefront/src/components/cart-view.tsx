"use client";

import Link from "next/link";
import { useEffect, useRef } from "react";

import { type CartItem, MAX_QUANTITY } from "@/lib/cart";
import { formatMoney } from "@/lib/format";
import { cancelCheckout } from "@/lib/orders";
import { productPath } from "@/lib/paths";
import { cart as texts } from "@/texts";

import { useCart } from "./cart-provider";
import { Checkout } from "./checkout";
import { ProductImage } from "./product-image";
import { Quantity } from "./quantity";

/** What a visitor sees who has put nothing into the cart so far. */
export function EmptyCart() {
  return (
    <>
      <h1>{texts.title}</h1>
      <Nothing />
    </>
  );
}

function Nothing() {
  return (
    <p className="cart-empty">
      {texts.empty}{" "}
      <Link href="/search" prefetch={false}>
        {texts.emptyLink}
      </Link>
    </p>
  );
}

export function CartView() {
  const { cart, problem, busy, open, load } = useCart();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Stripe's page sends those back with it who did not pay.
    if (location.search) {
      history.replaceState(null, "", location.pathname);
      cancelCheckout().catch(() => load());
    }
    open();
  }, [open, load]);

  return (
    <div aria-busy={busy}>
      <h1 ref={heading} tabIndex={-1}>
        {texts.title}
      </h1>
      {problem && (
        <p className="cart-problem">
          {problem}{" "}
          <button className="link" type="button" onClick={() => void load()}>
            {texts.again}
          </button>
        </p>
      )}
      {!cart && !problem && <p className="soft">{texts.loading}</p>}
      {cart?.items.length === 0 && <Nothing />}
      {cart && cart.items.length > 0 && (
        <div className="cart-content">
          <ul className="cart-items">
            {cart.items.map((item) => (
              // The focused button goes away with its line: the heading takes over.
              <CartLine
                key={item.product_id}
                item={item}
                currency={cart.currency}
                onRemoved={() => heading.current?.focus()}
              />
            ))}
          </ul>
          <Checkout cart={cart} />
        </div>
      )}
    </div>
  );
}

interface LineProps {
  item: CartItem;
  currency: string | null;
  onRemoved: () => void;
}

function CartLine({ item, currency, onRemoved }: LineProps) {
  const { change, remove, busy } = useCart();
  const { available, name, price_minor, quantity, stock } = item;
  const money = (minor: number) => (currency ? formatMoney(minor, currency) : "");

  async function onRemove() {
    if (!busy && (await remove(item)) === null) onRemoved();
  }

  return (
    <li className="line">
      <ProductImage image={item.image} name={name} sizes="8rem" eager />
      <div className="line-text">
        <Link className="line-name" prefetch={false} href={productPath(item.slug)}>
          {name}
        </Link>
        <span className="soft">
          {available ? money(price_minor) : stock === 0 ? texts.soldOut : texts.unavailable}
        </span>
        {available && stock !== null && quantity >= stock && (
          <span className="soft">{texts.onlyLeft(stock)}</span>
        )}
      </div>
      {available && (
        <Quantity
          label={texts.quantityOf(name)}
          value={quantity}
          max={Math.min(stock ?? MAX_QUANTITY, MAX_QUANTITY)}
          onStep={(by) => void change(item, by)}
        />
      )}
      <button
        className="link line-remove"
        type="button"
        aria-disabled={busy}
        aria-label={texts.removeIt(name)}
        onClick={onRemove}
      >
        {texts.remove}
      </button>
      {available && <span className="line-total">{money(item.line_total_minor)}</span>}
    </li>
  );
}
