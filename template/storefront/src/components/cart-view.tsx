"use client";

import { useEffect, useRef } from "react";

import { type CartItem, MAX_QUANTITY } from "@/lib/cart";
import { formatMoney } from "@/lib/format";
import { product, shop, cart as texts } from "@/texts";

import { useCart } from "./cart-provider";
import { Checkout } from "./checkout";
import { Link, productPath } from "./link";
import { Nothing } from "./notice";
import { ProductImage } from "./product-image";
import { Quantity } from "./quantity";

export function CartView() {
  const { cart, problem, busy, open, load, cancelOrder } = useCart();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    open();
    // Stripe's page sends those back with it who did not pay.
    if (new URLSearchParams(location.search).get("checkout") !== "cancelled") return;
    history.replaceState(null, "", location.pathname);
    void cancelOrder();
  }, [open, cancelOrder]);

  return (
    <div aria-busy={busy}>
      <h1 ref={heading} tabIndex={-1}>
        {texts.title}
      </h1>
      {problem && (
        <p className="cart-problem" role={cart ? undefined : "alert"}>
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
          <ul className="ruled">
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
  const { change, remove } = useCart();
  const { available, name, price_minor, quantity, stock } = item;
  const money = (minor: number) => (currency ? formatMoney(minor, currency) : "");

  async function onRemove() {
    if ((await remove(item)) === null) onRemoved();
  }

  return (
    <li className="line">
      <ProductImage image={item.image} name={name} sizes="8rem" eager />
      <div className="line-text">
        <Link className="name" href={productPath(item.slug)}>
          {name}
        </Link>
        <span className="small soft">
          {available
            ? quantity > 1 && money(price_minor)
            : stock === 0
              ? shop.soldOut
              : texts.unavailable}
        </span>
        {available && stock !== null && quantity >= stock && (
          <span className="small soft">{product.left(stock)}</span>
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
        className="line-remove link small soft"
        type="button"
        aria-label={texts.removeIt(name)}
        onClick={onRemove}
      >
        {texts.remove}
      </button>
      {available && <span className="line-total">{money(item.line_total_minor)}</span>}
    </li>
  );
}
