import type { Metadata } from "next";

import store from "@/store";

export const metadata: Metadata = {
  // Without its own address a canonical link would name a machine that customers cannot reach.
  alternates: process.env.NEXT_PUBLIC_SITE_URL ? { canonical: "/" } : null,
};

export default function HomePage() {
  return (
    <main className="stage">
      <h1>{store.name}</h1>
      <p>Our online store opens soon.</p>
    </main>
  );
}
