import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";

import { CartProvider } from "@/components/cart-provider";
import { Header } from "@/components/header";
import { apiOrigin } from "@/lib/env";
import { siteUrl } from "@/lib/env-public";
import store from "@/store";

import "./globals.css";

export const metadata: Metadata = {
  metadataBase: siteUrl ? new URL(siteUrl) : null,
  title: { default: store.name, template: `%s | ${store.name}` },
  description: `The online store of ${store.name}.`,
  openGraph: { type: "website", siteName: store.name },
};

export const viewport: Viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#faf8f4" },
    { media: "(prefers-color-scheme: dark)", color: "#14130f" },
  ],
};

export default function RootLayout({ children }: Readonly<{ children: ReactNode }>) {
  return (
    <html lang="en">
      <body>
        <a className="skip" href="#content">
          Skip to content
        </a>
        <CartProvider hasApi={apiOrigin !== undefined}>
          <Header />
          <main id="content" tabIndex={-1}>
            {children}
          </main>
        </CartProvider>
        <footer className="footer">{store.name}</footer>
      </body>
    </html>
  );
}
