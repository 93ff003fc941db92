import type { Metadata } from "next";
import Link from "next/link";

import { Notice } from "@/components/notice";
import { ProductGrid } from "@/components/product-grid";
import { searchProducts } from "@/lib/api";

const QUERY_LENGTH_MAX = 100;

export const metadata: Metadata = { title: "Search", robots: { index: false } };

export default async function SearchPage({ searchParams }: PageProps<"/search">) {
  const parameters = await searchParams;
  const query = single(parameters.q).trim().slice(0, QUERY_LENGTH_MAX);
  const cursor = single(parameters.cursor);
  const title = query ? `Results for “${query}”` : "The collection";
  const found = await searchProducts(query, cursor);
  if (!found) {
    return (
      <Notice title={title}>
        <p>The catalogue cannot be reached right now. Please try again in a moment.</p>
      </Notice>
    );
  }
  if (found.items.length === 0) {
    return (
      <Notice title={title}>
        <p>Nothing found. Try another word, or see the whole collection.</p>
        <p>
          <Link href="/">The collection</Link>
        </p>
      </Notice>
    );
  }
  return (
    <>
      <div className="hero hero-small">
        <h1>{title}</h1>
      </div>
      <ProductGrid products={found.items} />
      {found.next_cursor && (
        <p className="more">
          <Link href={`/search?${new URLSearchParams({ q: query, cursor: found.next_cursor })}`}>
            See more
          </Link>
        </p>
      )}
    </>
  );
}

function single(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? "";
}
