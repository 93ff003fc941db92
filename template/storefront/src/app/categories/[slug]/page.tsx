import type { Metadata } from "next";
import { notFound } from "next/navigation";

import { categoryPath, slugOf } from "@/components/link";
import { Listing } from "@/components/listing";
import { Notice } from "@/components/notice";
import { findProducts, listCategories } from "@/lib/api";
import { choiceOf } from "@/lib/choice";
import { siteUrl } from "@/lib/env-public";
import { categoryIntros, search } from "@/texts";

type Props = PageProps<"/categories/[slug]">;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const category = await categoryOf(params);
  if (!category) return {};
  return {
    title: category.name,
    description: categoryIntros[category.name],
    // What is filtered or sorted is the same page to search engines.
    alternates: siteUrl ? { canonical: categoryPath(category.name) } : null,
  };
}

export default async function CategoryPage({ params, searchParams }: Props) {
  const category = await categoryOf(params);
  if (category === undefined) notFound();
  const { q: _, ...choice } = choiceOf(await searchParams);
  const found = category && (await findProducts({ ...choice, category: category.name }));
  if (!found) return <Notice title={category?.name ?? search.title} text={search.unreachable} />;
  const { name, materials } = category;
  return (
    <>
      <div className="page-head stack">
        <h1>{name}</h1>
        {categoryIntros[name] && <p className="large soft">{categoryIntros[name]}</p>}
      </div>
      <Listing path={categoryPath(name)} choice={choice} found={found} materials={materials} />
    </>
  );
}

/** Undefined when there is no such category, null when nobody can say. */
async function categoryOf(params: Props["params"]) {
  const slug = encodeURIComponent(decodeURIComponent((await params).slug));
  const categories = await listCategories();
  return categories ? categories.find(({ name }) => slugOf(name) === slug) : null;
}
