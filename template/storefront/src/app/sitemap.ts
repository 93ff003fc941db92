import type { MetadataRoute } from "next";

import { listProducts } from "@/lib/api";
import { siteUrl } from "@/lib/env-public";

export const revalidate = 300;

// Search engines read no more than 50,000 addresses from one sitemap.
const PAGES_MAX = 2000;

export default async function sitemap(): Promise<MetadataRoute.Sitemap> {
  if (!siteUrl) return [];
  const paths = ["/"];
  let cursor: string | null = "";
  for (let page = 0; cursor !== null && page < PAGES_MAX; page += 1) {
    const catalogue = await listProducts(cursor);
    for (const { slug } of catalogue?.items ?? []) {
      paths.push(`/products/${encodeURIComponent(slug)}`);
    }
    cursor = catalogue?.next_cursor ?? null;
  }
  return paths.map((path) => ({ url: new URL(path, siteUrl).href }));
}
