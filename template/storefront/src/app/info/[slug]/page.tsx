import type { Metadata } from "next";
import { notFound } from "next/navigation";

import { siteUrl } from "@/lib/env-public";
import { pages, toFillIn } from "@/texts";

type Props = PageProps<"/info/[slug]">;

export const dynamicParams = false;

export function generateStaticParams() {
  return pages.map(({ slug }) => ({ slug }));
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { slug, title } = await pageOf(params);
  return { title, alternates: siteUrl ? { canonical: `/info/${slug}` } : null };
}

export default async function InformationPage({ params }: Props) {
  const { title, paragraphs } = await pageOf(params);
  return (
    <article className="letter stack">
      <h1>{title}</h1>
      {paragraphs.map((paragraph) => (
        <Paragraph key={paragraph} text={paragraph} />
      ))}
    </article>
  );
}

function Paragraph({ text }: { text: string }) {
  if (!text.startsWith("[")) return <p>{text}</p>;
  return (
    <p className="to-fill-in">
      <span className="small">{toFillIn}</span> {text.slice(1, -1)}
    </p>
  );
}

async function pageOf(params: Props["params"]) {
  const { slug } = await params;
  return pages.find((page) => page.slug === slug) ?? notFound();
}
