"use client";

import type { ReactNode } from "react";
import { createContext, useContext, useEffect, useMemo, useRef, useState } from "react";
import type { Product } from "@/lib/api";
import { explained } from "@/lib/browser";
import { addItem, type Cart, type CartItem, changeItem, readCart, removeItem } from "@/lib/cart";
import { formatMoney } from "@/lib/format";
import { cancelCheckout } from "@/lib/orders";
import { cart as texts } from "@/texts";

/** What went wrong, in words for the customer, or null. */
type Problem = string | null;

interface CartContext {
  /** Null until the API has answered. */
  cart: Cart | null;
  problem: Problem;
  busy: boolean;
  load: () => Promise<Problem>;
  /** Loads the cart, unless it has been loaded before. */
  open: () => void;
  add: (product: Product, quantity: number) => Promise<Problem>;
  change: (item: CartItem, by: number) => Promise<Problem>;
  remove: (item: CartItem) => Promise<Problem>;
  /** Gives what was not paid for back to others. */
  cancelOrder: () => Promise<Problem>;
}

// Set in a browser that has put something into a cart: no other one has to ask for its cart. The
// cart's cookie itself is out of reach for scripts.
const MARK = "has-cart";

const Context = createContext<CartContext | null>(null);

export function useCart(): CartContext {
  const context = useContext(Context);
  if (!context) throw new Error("useCart needs a CartProvider around it");
  return context;
}

/** Without an API, as on a preview, the cart stays empty and nothing is asked. */
export function CartProvider({ hasApi, children }: { hasApi: boolean; children: ReactNode }) {
  const [cart, setCart] = useState<Cart | null>(null);
  const [problem, setProblem] = useState<Problem>(hasApi ? null : texts.opensSoon);
  const [waiting, setWaiting] = useState(0);
  const [announcement, setAnnouncement] = useState("");
  const queue = useRef(Promise.resolve());
  const latest = useRef<Cart | null>(null);
  const isOpen = useRef(false);

  const actions = useMemo(() => {
    // One request after the other: answers that overtake each other would show an old cart.
    const enqueue = (ask: () => Promise<Cart>, say?: (cart: Cart) => string) => {
      setWaiting((count) => count + 1);
      const done = queue.current.then(ask).then(
        (next) => {
          latest.current = next;
          setCart(next);
          mark(next.items.length > 0);
          setProblem(null);
          if (say) setAnnouncement(say(next));
          return null;
        },
        (error: unknown) => {
          const message = explained(error);
          setProblem(message);
          if (say) setAnnouncement(message);
          return message;
        },
      );
      queue.current = done.then(() => setWaiting((count) => count - 1));
      return done;
    };
    return {
      load: () => enqueue(readCart),
      open: () => {
        if (!hasApi || isOpen.current) return;
        isOpen.current = true;
        void enqueue(readCart);
      },
      add: (product: Product, quantity: number) =>
        enqueue(
          () => addItem(product.id, quantity),
          (next) => texts.isIn(product.name, quantityOf(product.id, next)),
        ),
      change: ({ product_id, name }: CartItem, by: number) =>
        enqueue(
          // Counted when its turn comes, so that quick clicks add up.
          () => changeItem(product_id, quantityOf(product_id, latest.current) + by),
          (next) => `${texts.changed(name, quantityOf(product_id, next))} ${total(next)}`,
        ),
      remove: ({ product_id, name }: CartItem) =>
        enqueue(
          () => removeItem(product_id),
          (next) => `${texts.removed(name)} ${total(next)}`,
        ),
      cancelOrder: () => enqueue(() => cancelCheckout().then(readCart)),
    };
  }, [hasApi]);

  useEffect(() => {
    if (isMarked()) actions.open();
    // A page that the browser kept shows the cart as it was.
    const onShow = ({ persisted }: PageTransitionEvent) => {
      if (persisted && isOpen.current) void actions.load();
    };
    addEventListener("pageshow", onShow);
    return () => removeEventListener("pageshow", onShow);
  }, [actions]);

  const value = useMemo(
    () => ({ cart, problem, busy: waiting > 0, ...actions }),
    [cart, problem, waiting, actions],
  );
  return (
    <Context value={value}>
      {children}
      <p className="visually-hidden" role="status">
        {announcement}
      </p>
    </Context>
  );
}

export function CartLink() {
  const { cart } = useCart();
  const count = cart?.quantity ?? 0;
  return (
    // Not a Link: the cart's stricter policy only counts if the browser loads the page.
    <a className="cart-link row" href="/cart">
      {texts.link}
      {count > 0 && <span aria-hidden="true">({count})</span>}
      {count > 0 && <span className="visually-hidden">{texts.count(count)}</span>}
    </a>
  );
}

function isMarked(): boolean {
  try {
    return localStorage.getItem(MARK) !== null;
  } catch {
    // Blocked, and the cart's cookie with it.
    return false;
  }
}

function mark(hasCart: boolean): void {
  try {
    if (hasCart) localStorage.setItem(MARK, "1");
    else localStorage.removeItem(MARK);
  } catch {
    // As above.
  }
}

function quantityOf(productId: string, cart: Cart | null): number {
  return cart?.items.find((item) => item.product_id === productId)?.quantity ?? 0;
}

function total({ items, total_minor, currency }: Cart): string {
  if (items.length === 0 || !currency) return texts.isEmpty;
  return texts.totalIs(formatMoney(total_minor, currency));
}
