import NextLink from "next/link";
import type { ComponentProps } from "react";

/** A link within the shop. Where it leads is loaded once it is followed, and not for every reader. */
export function Link(props: ComponentProps<typeof NextLink>) {
  return <NextLink prefetch={false} {...props} />;
}

export function productPath(slug: string): string {
  return `/products/${encodeURIComponent(slug)}`;
}

export function categoryPath(name: string): string {
  return `/categories/${slugOf(name)}`;
}

/** A category's name as it is in its address. */
export function slugOf(name: string): string {
  const words = name.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return encodeURIComponent(words.join("-"));
}
