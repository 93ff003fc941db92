import type { Metadata } from "next";
import { connection } from "next/server";

import { OrderPage } from "@/components/order-page";
import { order } from "@/texts";

export const metadata: Metadata = { title: order.title, robots: { index: false } };

export default async function Page({ params }: PageProps<"/orders/[number]">) {
  // A page that is made at build time could have no nonce.
  await connection();
  return <OrderPage number={(await params).number} />;
}
