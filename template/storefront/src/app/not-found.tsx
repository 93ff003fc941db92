import type { Metadata } from "next";
import Link from "next/link";

import store from "@/store";

export const metadata: Metadata = { title: "Page not found" };

export default function NotFound() {
  return (
    <main className="stage">
      <h1>Page not found</h1>
      <p>
        <Link href="/">Back to {store.name}</Link>
      </p>
    </main>
  );
}
