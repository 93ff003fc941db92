"use client";

import { Notice } from "@/components/notice";

export default function ErrorPage({ retry }: { retry: () => void }) {
  return (
    <Notice title="Something went wrong">
      <title>Something went wrong</title>
      <p>This page could not be loaded. Your cart is safe.</p>
      <p>
        <button className="button" type="button" onClick={() => retry()}>
          Try again
        </button>
      </p>
    </Notice>
  );
}
