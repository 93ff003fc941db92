import type { Metadata } from "next";

import { SearchForm } from "@/components/header";
import { Listing } from "@/components/listing";
import { Notice } from "@/components/notice";
import { findProducts } from "@/lib/api";
import { choiceOf } from "@/lib/choice";
import { search } from "@/texts";

export const metadata: Metadata = { title: search.title, robots: { index: false } };

export default async function SearchPage({ searchParams }: PageProps<"/search">) {
  const choice = choiceOf(await searchParams);
  const query = choice.q ?? "";
  const title = query ? search.results(query) : search.everything;
  const found = await findProducts(choice);
  if (!found) return <Notice title={title} text={search.unreachable} />;
  return (
    <>
      <div className="page-head stack">
        <h1>{title}</h1>
        <SearchForm name={search.title} query={query} key={query} />
      </div>
      <Listing path="/search" choice={choice} found={found} materials={[]} />
    </>
  );
}
