"use client";

import Link from "next/link";
import { useRef } from "react";

import { type CartItem, MAX_QUANTITY } from "@/lib/cart";
import { formatMoney } from "@/lib/money";

import { useCart } from "./cart-provider";
import { ProductImage } from "./product-image";

export function CartView() {
  const { cart, problem, busy, load } = useCart();
  const heading = useRef<HTMLHeadingElement>(null);

  return (
    <section className="cart" aria-busy={busy}>
      <h1 ref={heading} tabIndex={-1}>
        Your cart
      </h1>
      {problem && (
        <p className="cart-problem">
          {problem}{" "}
          <button className="link" type="button" onClick={() => void load()}>
            Load the cart again
          </button>
        </p>
      )}
      {!cart && !problem && <p className="soft">Loading…</p>}
      {cart?.items.length === 0 && (
        <p className="soft">
          Nothing in it yet. <Link href="/">See the collection</Link>
        </p>
      )}
      {cart && cart.items.length > 0 && (
        <>
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
          <p className="cart-total">
            <span>Total</span>
            <strong>{cart.currency && formatMoney(cart.total_minor, cart.currency)}</strong>
          </p>
        </>
      )}
    </section>
  );
}

interface LineProps {
  item: CartItem;
  currency: string | null;
  onRemoved: () => void;
}

function CartLine({ item, currency, onRemoved }: LineProps) {
  const { remove, busy } = useCart();
  const money = (minor: number) => (currency ? formatMoney(minor, currency) : "");

  async function onRemove() {
    if (!busy && (await remove(item)) === null) onRemoved();
  }

  return (
    <li className="line">
      <ProductImage image={item.image} name={item.name} sizes="8rem" />
      <div className="line-text">
        <Link className="line-name" href={`/products/${encodeURIComponent(item.slug)}`}>
          {item.name}
        </Link>
        <span className="soft">
          {item.available ? money(item.price_minor) : "No longer available"}
        </span>
      </div>
      {item.available && <Quantity item={item} />}
      <button
        className="link line-remove"
        type="button"
        aria-disabled={busy}
        aria-label={`Remove ${item.name}`}
        onClick={onRemove}
      >
        Remove
      </button>
      {item.available && <span className="line-total">{money(item.line_total_minor)}</span>}
    </li>
  );
}

function Quantity({ item }: { item: CartItem }) {
  const { change } = useCart();
  const { name, quantity } = item;

  function step(by: number) {
    const wanted = quantity + by;
    if (wanted >= 1 && wanted <= MAX_QUANTITY) void change(item, by);
  }

  return (
    <div className="quantity" role="group" aria-label={`Quantity of ${name}`}>
      <button
        type="button"
        aria-label="One less"
        aria-disabled={quantity <= 1}
        onClick={() => step(-1)}
      >
        −
      </button>
      <span>{quantity}</span>
      <button
        type="button"
        aria-label="One more"
        aria-disabled={quantity >= MAX_QUANTITY}
        onClick={() => step(1)}
      >
        +
      </button>
    </div>
  );
}
