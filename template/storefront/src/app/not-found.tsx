import type { Metadata } from "next";
import Link from "next/link";

import { Notice } from "@/components/notice";
import { cart, notices } from "@/texts";

export const metadata: Metadata = { title: notices.notFound };

export default function NotFound() {
  return (
    <Notice title={notices.notFound}>
      <p>{notices.notFoundText}</p>
      <p>
        <Link href="/search" prefetch={false}>
          {cart.emptyLink}
        </Link>
      </p>
    </Notice>
  );
}
