import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";

import { BrandStyle } from "@/components/brand-style";
import { CartProvider } from "@/components/cart-provider";
import { Footer } from "@/components/footer";
import { Header } from "@/components/header";
import { apiOrigin } from "@/lib/env";
import { siteUrl } from "@/lib/env-public";
import store from "@/store";
import { language, shop } from "@/texts";

import "./globals.css";

export const metadata: Metadata = {
  metadataBase: siteUrl ? new URL(siteUrl) : null,
  title: { default: store.name, template: `%s | ${store.name}` },
  description: shop.description(store.name),
  openGraph: { type: "website", siteName: store.name },
};

export const viewport: Viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: store.colours.light.paper },
    { media: "(prefers-color-scheme: dark)", color: store.colours.dark.paper },
  ],
};

export default function RootLayout({ children }: Readonly<{ children: ReactNode }>) {
  return (
    <html lang={language} className={store.fonts}>
      <body>
        <BrandStyle />
        <a className="skip visually-hidden" href="#content">
          {shop.skip}
        </a>
        <CartProvider hasApi={apiOrigin !== undefined}>
          <Header />
          <main id="content" tabIndex={-1}>
            {children}
          </main>
        </CartProvider>
        <Footer />
      </body>
    </html>
  );
}
