"use client";

import { report } from "@monitoring/browser/report";
import { useEffect } from "react";

import "./globals.css";

/** Takes the place of the whole page, so that it can count on nothing around it. */
export default function GlobalErrorPage({ error, retry }: { error: Error; retry: () => void }) {
  useEffect(() => report(error), [error]);
  return (
    <html lang="en">
      <body>
        <title>Something went wrong</title>
        <main className="notice">
          <h1>Something went wrong</h1>
          <p>The shop could not be loaded. Your cart is safe.</p>
          <p>
            <button className="button" type="button" onClick={() => retry()}>
              Try again
            </button>
          </p>
        </main>
      </body>
    </html>
  );
}
