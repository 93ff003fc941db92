import type { Metadata } from "next";

import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { cart, notices } from "@/texts";

export const metadata: Metadata = { title: notices.notFound };

export default function NotFound() {
  return (
    <Notice title={notices.notFound} text={notices.notFoundText}>
      <p>
        <Link href="/search">{cart.emptyLink}</Link>
      </p>
    </Notice>
  );
}
