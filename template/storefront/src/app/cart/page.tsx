import type { Metadata } from "next";
import { cookies } from "next/headers";
import { connection } from "next/server";

import { CartView, EmptyCart } from "@/components/cart-view";
import { cart } from "@/texts";

export const metadata: Metadata = { title: cart.title, robots: { index: false } };

// As the API names them, with and without https.
const COOKIES = ["__Host-cart", "cart"];

export default async function CartPage() {
  // A page that is made at build time could have no nonce.
  await connection();
  const jar = await cookies();
  const hasCart = COOKIES.some((name) => jar.has(name));
  return <section className="cart">{hasCart ? <CartView /> : <EmptyCart />}</section>;
}
