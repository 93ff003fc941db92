import type { Metadata } from "next";
import { connection } from "next/server";

import { CartView } from "@/components/cart-view";

export const metadata: Metadata = { title: "Your cart", robots: { index: false } };

export default async function CartPage() {
  // A page that is made at build time could have no nonce.
  await connection();
  return <CartView />;
}
