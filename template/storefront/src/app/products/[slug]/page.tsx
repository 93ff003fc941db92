import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";

import { AddToCart } from "@/components/add-to-cart";
import { Notice } from "@/components/notice";
import { ProductImage } from "@/components/product-image";
import { getProduct, listProducts, type Product } from "@/lib/api";
import { siteUrl } from "@/lib/env-public";
import imageLoader from "@/lib/image-loader";
import { decimalAmount, formatMoney } from "@/lib/money";

const SHARED_IMAGE_WIDTH = 1080;

/** Without an API each page is made on its first visit. */
export async function generateStaticParams() {
  const catalogue = await listProducts();
  return catalogue?.items.map(({ slug }) => ({ slug })) ?? [];
}

export async function generateMetadata({
  params,
}: PageProps<"/products/[slug]">): Promise<Metadata> {
  const product = await getProduct((await params).slug);
  if (product === "absent" || !product) return {};
  return {
    title: product.name,
    description: product.description,
    alternates: siteUrl ? { canonical: address(product) } : null,
    openGraph: { title: product.name, description: product.description, images: images(product) },
  };
}

export default async function ProductPage({ params }: PageProps<"/products/[slug]">) {
  const product = await getProduct((await params).slug);
  if (product === "absent") notFound();
  if (!product) {
    return (
      <Notice title="One moment">
        <p>The catalogue is being prepared. Please come back in a little while.</p>
      </Notice>
    );
  }
  return (
    <article className="product">
      <ProductImage
        image={product.image}
        name={product.name}
        sizes="(min-width: 48rem) 48vw, 92vw"
        eager
      />
      <div className="product-text">
        <p className="back">
          <Link href="/">The collection</Link>
        </p>
        <h1>{product.name}</h1>
        <p className="product-price">{formatMoney(product.price_minor, product.currency)}</p>
        <p className="product-description">{product.description}</p>
        <AddToCart product={product} />
      </div>
      <script
        type="application/ld+json"
        // biome-ignore lint/security/noDangerouslySetInnerHtml: structuredData escapes it.
        dangerouslySetInnerHTML={{ __html: structuredData(product) }}
      />
    </article>
  );
}

function structuredData(product: Product): string {
  const data = {
    "@context": "https://schema.org",
    "@type": "Product",
    name: product.name,
    description: product.description,
    sku: product.id,
    image: images(product),
    offers: {
      "@type": "Offer",
      price: decimalAmount(product.price_minor, product.currency),
      priceCurrency: product.currency,
      url: siteUrl && new URL(address(product), siteUrl).href,
    },
  };
  // A product's own text could otherwise end the script.
  return JSON.stringify(data).replace(/</g, "\\u003c");
}

function address(product: Product): string {
  return `/products/${encodeURIComponent(product.slug)}`;
}

/** Search engines and link previews need an absolute address. */
function images(product: Product): string[] {
  const src = product.image && imageLoader({ src: product.image, width: SHARED_IMAGE_WIDTH });
  const url = src && URL.canParse(src, siteUrl) ? new URL(src, siteUrl).href : null;
  return url ? [url] : [];
}
