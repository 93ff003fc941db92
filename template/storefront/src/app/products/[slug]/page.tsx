import type { Metadata } from "next";
import { notFound } from "next/navigation";

import { AddToCart } from "@/components/add-to-cart";
import { categoryPath, Link, productPath } from "@/components/link";
import { Notice } from "@/components/notice";
import { ProductGrid } from "@/components/product-grid";
import { ProductImage } from "@/components/product-image";
import { Row } from "@/components/row";
import { getProduct, listProducts, type Product, relatedProducts } from "@/lib/api";
import { siteUrl } from "@/lib/env-public";
import { decimalAmount, formatRoundMoney, formatSize, formatWeight } from "@/lib/format";
import imageLoader from "@/lib/image-loader";
import store from "@/store";
import { home, shop, product as texts } from "@/texts";

type Props = PageProps<"/products/[slug]">;

const SHARED_IMAGE_WIDTH = 1080;

/** Without an API each page is made on its first visit. */
export async function generateStaticParams() {
  const catalogue = await listProducts();
  return catalogue?.items.map(({ slug }) => ({ slug })) ?? [];
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const product = await getProduct((await params).slug);
  if (product === "absent" || !product) return {};
  const shown = { title: product.name, description: product.description };
  return {
    ...shown,
    alternates: siteUrl ? { canonical: productPath(product.slug) } : null,
    // The layout's is not merged into this one.
    openGraph: { ...shown, type: "website", siteName: store.name, images: images(product) },
  };
}

export default async function ProductPage({ params }: Props) {
  const product = await getProduct((await params).slug);
  if (product === "absent") notFound();
  if (!product) return <Notice title={store.name} text={home.preparing} />;
  const related = await relatedProducts(product);
  return (
    <>
      <article className="product">
        <Breadcrumbs product={product} />
        <Gallery product={product} />
        <div className="product-text">
          <h1>{product.name}</h1>
          <p className="product-price large">
            {formatRoundMoney(product.price_minor, product.currency)}{" "}
            <small className="small soft">{texts.taxNote}</small>
          </p>
          <p className="product-description">{product.description}</p>
          <AddToCart product={product} />
          <Facts product={product} />
          <Promises />
        </div>
        <script
          type="application/ld+json"
          // biome-ignore lint/security/noDangerouslySetInnerHtml: structuredData escapes it.
          dangerouslySetInnerHTML={{ __html: structuredData(product) }}
        />
      </article>
      {related.length > 0 && (
        <section className="section">
          <h2>{texts.related}</h2>
          <ProductGrid products={related} row="even" prices={false} />
        </section>
      )}
    </>
  );
}

function Breadcrumbs({ product: { category, name } }: { product: Product }) {
  return (
    <nav className="breadcrumbs small soft" aria-label={shop.breadcrumbs}>
      <ol>
        <li>
          <Link href="/">{shop.home}</Link>
        </li>
        {category && (
          <li>
            <Link href={categoryPath(category)}>{category}</Link>
          </li>
        )}
        <li aria-current="page">{name}</li>
      </ol>
    </nav>
  );
}

function Gallery({ product: { name, image, image_alt, gallery } }: { product: Product }) {
  return (
    // With the keyboard it is scrolled like with a finger.
    <section
      className="gallery"
      aria-label={texts.pictures}
      tabIndex={gallery.length ? 0 : undefined}
    >
      {[{ image, alt: image_alt }, ...gallery].map((picture, index) => (
        <ProductImage
          key={picture.image}
          image={picture.image}
          name={name}
          alt={picture.alt}
          sizes="(min-width: 64rem) 52vw, (min-width: 48rem) 50vw, 92vw"
          eager={index === 0}
        />
      ))}
    </section>
  );
}

function Facts({ product: { materials, dimensions } }: { product: Product }) {
  const facts = [
    { name: texts.material, value: materials.join(", ") },
    { name: texts.size, value: formatSize(dimensions) },
    { name: texts.weight, value: formatWeight(dimensions?.weight) },
  ].filter(({ value }) => value);
  if (facts.length === 0) return null;
  return (
    <dl className="facts fine ruled">
      {facts.map(({ name, value }) => (
        <Row key={name} name={name}>
          {value}
        </Row>
      ))}
    </dl>
  );
}

function Promises() {
  return (
    <div className="promises fine ruled">
      <details>
        <summary>{texts.delivery}</summary>
        <p className="soft">{texts.deliveryText}</p>
        <Link href="/info/delivery">{texts.aboutDelivery}</Link>
      </details>
      <details>
        <summary>{texts.returns}</summary>
        <p className="soft">{texts.returnsText}</p>
        <Link href="/info/withdrawal">{texts.aboutReturns}</Link>
      </details>
    </div>
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
      availability: `https://schema.org/${product.stock === 0 ? "OutOfStock" : "InStock"}`,
      url: siteUrl && new URL(productPath(product.slug), siteUrl).href,
    },
  };
  // A product's own text could otherwise end the script.
  return JSON.stringify(data).replace(/</g, "\\u003c");
}

/** Search engines and link previews need an absolute address. */
function images(product: Product): string[] {
  const src = product.image && imageLoader({ src: product.image, width: SHARED_IMAGE_WIDTH });
  const url = src && URL.canParse(src, siteUrl) ? new URL(src, siteUrl).href : null;
  return url ? [url] : [];
}
