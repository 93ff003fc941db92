"use client";

import { report } from "@monitoring/browser/report";
import { useEffect } from "react";

import { BrandStyle } from "@/components/brand-style";
import store from "@/store";
import { language, notices } from "@/texts";

import "./globals.css";

/** Takes the place of the whole page, so that it can count on nothing around it. */
export default function GlobalErrorPage({ error, retry }: { error: Error; retry: () => void }) {
  useEffect(() => report(error), [error]);
  return (
    <html lang={language} className={store.fonts}>
      <body>
        <BrandStyle />
        <title>{notices.wrong}</title>
        <main className="notice stack">
          <h1>{notices.wrong}</h1>
          <p>{notices.wrongShop}</p>
          <p>
            <button className="button" type="button" onClick={() => retry()}>
              {notices.tryAgain}
            </button>
          </p>
        </main>
      </body>
    </html>
  );
}
