import type { Metadata } from "next";

import { categoryPath, Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { ProductGrid } from "@/components/product-grid";
import { Picture, ProductImage } from "@/components/product-image";
import { type Category, listCategories, listProducts } from "@/lib/api";
import { siteUrl } from "@/lib/env-public";
import store, { pictures } from "@/store";
import { home, search } from "@/texts";

// A large one and four beside it; then a row of others.
const FEATURED = 5;
const OTHERS = 4;
const WIDE = "(min-width: 48rem)";
const NARROW = `not all and ${WIDE}`;
const SHELF_SIZES = "(min-width: 64rem) 15vw, (min-width: 48rem) 30vw, 45vw";

export const metadata: Metadata = {
  // Without its own address a canonical link would name a machine that customers cannot reach.
  alternates: siteUrl ? { canonical: "/" } : null,
  openGraph: { type: "website", siteName: store.name, images: siteUrl ? [pictures.hero.src] : [] },
};

export default async function HomePage() {
  const [catalogue, categories] = await Promise.all([listProducts(), listCategories()]);
  if (!catalogue || catalogue.items.length === 0) {
    return <Notice title={store.name} text={home.preparing} />;
  }
  const others = catalogue.items.slice(FEATURED, FEATURED + OTHERS);
  return (
    <>
      <Hero />
      <section className="section">
        <h2>{home.featured}</h2>
        <ProductGrid products={catalogue.items.slice(0, FEATURED)} row="lead" />
      </section>
      <Categories categories={categories ?? []} />
      <Story />
      {others.length > 0 && (
        <section className="section">
          <h2>{home.more}</h2>
          <ProductGrid products={others} row="even" />
          <p className="more row">
            <Link href="/search">{search.seeEverything}</Link>
          </p>
        </section>
      )}
    </>
  );
}

function Hero() {
  const { hero, heroSmall } = pictures;
  return (
    <section className="hero">
      <link rel="preload" as="image" href={hero.src} media={WIDE} fetchPriority="high" />
      <link rel="preload" as="image" href={heroSmall.src} media={NARROW} fetchPriority="high" />
      <picture>
        <source media={WIDE} srcSet={hero.src} width={hero.width} height={hero.height} />
        {/* next/image knows no other crop for phones. */}
        <img
          src={heroSmall.src}
          width={heroSmall.width}
          height={heroSmall.height}
          alt={home.heroAlt}
          fetchPriority="high"
        />
      </picture>
      <div className="hero-text stack">
        <h1>{home.title}</h1>
        <p className="large">{home.lead}</p>
        <Link href="/search">{home.leadLink}</Link>
      </div>
    </section>
  );
}

function Categories({ categories }: { categories: Category[] }) {
  const known = store.categories.flatMap(
    (name) => categories.find((category) => category.name === name) ?? [],
  );
  if (known.length === 0) return null;
  return (
    <section className="section">
      <h2>{home.categories}</h2>
      <ul className="grid shelves">
        {known.map(({ name, image }) => (
          <li key={name}>
            <Link className="shelf stack name" href={categoryPath(name)}>
              <ProductImage image={image} name={name} sizes={SHELF_SIZES} />
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Story() {
  return (
    <section className="story">
      <Picture src={pictures.story} alt={home.storyAlt} unoptimized loading="lazy" />
      <div className="story-text stack">
        <h2>{home.story}</h2>
        {home.storyText.map((paragraph) => (
          <p className="large" key={paragraph}>
            {paragraph}
          </p>
        ))}
      </div>
    </section>
  );
}
