import type { Metadata } from "next";
import { cookies } from "next/headers";

import { CartView } from "@/components/cart-view";
import { Nothing } from "@/components/notice";
import { cart } from "@/texts";

export const metadata: Metadata = { title: cart.title, robots: { index: false } };

// As the API names them, with and without https.
const COOKIES = ["__Host-cart", "cart"];

export default async function CartPage() {
  // It also makes the page for each request: one that is made at build time could have no nonce.
  const jar = await cookies();
  if (COOKIES.some((name) => jar.has(name))) {
    return (
      <section className="cart">
        <CartView />
      </section>
    );
  }
  return (
    <section className="cart">
      <h1>{cart.title}</h1>
      <Nothing />
    </section>
  );
}
