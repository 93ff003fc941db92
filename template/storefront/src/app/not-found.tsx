import type { Metadata } from "next";
import Link from "next/link";

import { Notice } from "@/components/notice";

export const metadata: Metadata = { title: "Page not found" };

export default function NotFound() {
  return (
    <Notice title="Page not found">
      <p>It may have moved, or the product is no longer sold.</p>
      <p>
        <Link href="/">See the collection</Link>
      </p>
    </Notice>
  );
}
