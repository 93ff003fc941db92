"use client";

import { report } from "@monitoring/browser/report";
import { useEffect } from "react";
import { Notice } from "@/components/notice";

export default function ErrorPage({ error, retry }: { error: Error; retry: () => void }) {
  useEffect(() => report(error), [error]);
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
