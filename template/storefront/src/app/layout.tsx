import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";

import store from "@/store";

import "./globals.css";

const siteUrl = process.env.NEXT_PUBLIC_SITE_URL;
const description = `The online store of ${store.name}.`;

export const metadata: Metadata = {
  metadataBase: siteUrl ? new URL(siteUrl) : null,
  title: { default: store.name, template: `%s | ${store.name}` },
  description,
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
      <body>{children}</body>
    </html>
  );
}
