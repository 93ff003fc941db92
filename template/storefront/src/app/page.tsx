import type { Metadata } from "next";
import Link from "next/link";

import { Notice } from "@/components/notice";
import { ProductGrid } from "@/components/product-grid";
import { listProducts } from "@/lib/api";
import { siteUrl } from "@/lib/env-public";
import store from "@/store";

export const metadata: Metadata = {
  // Without its own address a canonical link would name a machine that customers cannot reach.
  alternates: siteUrl ? { canonical: "/" } : null,
};

export default async function HomePage() {
  const catalogue = await listProducts();
  if (!catalogue || catalogue.items.length === 0) {
    return (
      <Notice title={store.name}>
        <p>The catalogue is being prepared. Please come back in a little while.</p>
      </Notice>
    );
  }
  return (
    <>
      <div className="hero">
        <h1>The collection</h1>
        <p>Everything at {store.name}, in one place.</p>
      </div>
      <ProductGrid products={catalogue.items} />
      {catalogue.next_cursor && (
        <p className="more">
          <Link href={`/search?cursor=${encodeURIComponent(catalogue.next_cursor)}`}>See more</Link>
        </p>
      )}
    </>
  );
}
