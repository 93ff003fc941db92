import "server-only";

import { unstable_rethrow } from "next/navigation";
import { cache } from "react";

import type { components } from "./api-schema";
import type { Choice } from "./choice";
import { apiOrigin, isBuild, proof } from "./env";

type Schemas = components["schemas"];
export type Product = Schemas["ProductView"];
export type ProductList = Schemas["ProductPage"];
export type Category = Schemas["Category"];

const TIMEOUT_MS = 10_000;
const REVALIDATE_SECONDS = 300;
const PAGE_SIZE = 24;
const RELATED = 4;
// The API refuses a name that no product can have before it looks for one.
const NOT_THERE = [404, 422];

export const CATALOGUE_TAG = "catalogue";
export const productTag = (slug: string) => `product:${slug}`;

/** Null when there is no API to ask, or none yet while the shop is being built. */
export const listProducts = cache((cursor = ""): Promise<ProductList | null> => {
  return ask(() => read(listPath({ cursor }), [CATALOGUE_TAG]));
});

/** By name; null as in `listProducts`. */
export const listCategories = cache((): Promise<Category[] | null> => {
  return ask(() => read("/categories", [CATALOGUE_TAG]));
});

/** Null also when the API does not answer: a search is not worth an error page. */
export function findProducts(choice: Choice, tags?: string[]): Promise<ProductList | null> {
  return ask(() => read(listPath(choice), tags), { mayFail: true });
}

/**
 * Others of its category, and then the newest ones. They may be five minutes old, so that a change
 * of one product is no change of all pages: show no price of theirs.
 */
export async function relatedProducts({ slug, category }: Product): Promise<Product[]> {
  const limit = String(2 * RELATED);
  const alike = category ? findProducts({ limit, category }, []) : null;
  const lists = await Promise.all([alike, findProducts({ limit }, [])]);
  const others = lists.flatMap((list) => list?.items ?? []).filter((one) => one.slug !== slug);
  return [...new Map(others.map((one) => [one.id, one])).values()].slice(0, RELATED);
}

/** "absent" when the shop has no such product, null as in `listProducts`. */
export const getProduct = cache((slug: string): Promise<Product | "absent" | null> => {
  const path = `/products/${encodeURIComponent(slug)}`;
  return ask(async () => (await read<Product>(path, [productTag(slug)])) ?? "absent");
});

function listPath(choice: Choice): string {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
  for (const [name, value] of Object.entries(choice)) if (value) query.set(name, value);
  return `/products?${query}`;
}

async function ask<T>(answer: () => Promise<T>, { mayFail = false } = {}): Promise<T | null> {
  if (!apiOrigin) return null;
  try {
    return await answer();
  } catch (error) {
    unstable_rethrow(error);
    if (isBuild) return null;
    // A failure must not replace a page that is still good: Next.js keeps it after an error.
    if (!mayFail) throw error;
    console.error(error);
    return null;
  }
}

async function read<T>(path: string, tags?: string[]): Promise<T | null> {
  const response = await fetch(`${apiOrigin}${path}`, {
    headers: { Accept: "application/json", ...proof("server") },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(tags ? { next: { revalidate: REVALIDATE_SECONDS, tags } } : { cache: "no-store" }),
  });
  if (NOT_THERE.includes(response.status)) return null;
  if (!response.ok) throw new Error(`The API answered ${response.status} to GET ${path}`);
  return (await response.json()) as T;
}
