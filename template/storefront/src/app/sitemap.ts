import type { MetadataRoute } from "next";

import { categoryPath, productPath } from "@/components/link";
import { listCategories, listProducts } from "@/lib/api";
import { siteUrl } from "@/lib/env-public";
import { pages } from "@/texts";

export const revalidate = 300;

// Search engines read no more than 50,000 addresses from one sitemap.
const PAGES_MAX = 2000;

export default async function sitemap(): Promise<MetadataRoute.Sitemap> {
  if (!siteUrl) return [];
  const categories = (await listCategories()) ?? [];
  const paths = [
    "/",
    ...pages.map(({ slug }) => `/info/${slug}`),
    ...categories.map(({ name }) => categoryPath(name)),
  ];
  let cursor: string | null = "";
  for (let page = 0; cursor !== null && page < PAGES_MAX; page += 1) {
    const catalogue = await listProducts(cursor);
    for (const { slug } of catalogue?.items ?? []) paths.push(productPath(slug));
    cursor = catalogue?.next_cursor ?? null;
  }
  return paths.map((path) => ({ url: new URL(path, siteUrl).href }));
}
