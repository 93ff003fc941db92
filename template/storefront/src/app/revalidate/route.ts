import { revalidateTag } from "next/cache";
import { after } from "next/server";

import { CATALOGUE_TAG, productTag } from "@/lib/api";
import { revalidateSecret } from "@/lib/env";
import { isSignedBy } from "@/lib/signature";

/** The API calls this after a product changed, with `{"slug": "..."}`. */
export async function POST(request: Request): Promise<Response> {
  const secret = revalidateSecret();
  if (!secret) return answer(503, "REVALIDATE_SECRET is not set");
  const body = await request.text();
  const timestamp = request.headers.get("x-revalidate-timestamp");
  const signature = request.headers.get("x-revalidate-signature");
  if (!isSignedBy(secret, { timestamp, signature, body })) return answer(401, "Not signed");
  const slug = slugOf(body);
  if (!slug) return answer(422, "No slug given");
  // Nobody sees the old price once the new one is saved: the next visitor waits for the new page.
  for (const tag of [productTag(slug), CATALOGUE_TAG]) revalidateTag(tag, { expire: 0 });
  after(() => makePages(request, ["/", `/products/${encodeURIComponent(slug)}`]));
  return Response.json({ revalidated: slug });
}

/** At once: when the API is down by the next visit, there has to be a page to show. */
async function makePages({ url }: Request, paths: string[]): Promise<void> {
  await Promise.allSettled(paths.map((path) => fetch(new URL(path, url), { method: "HEAD" })));
}

function slugOf(body: string): string | null {
  try {
    const slug: unknown = JSON.parse(body)?.slug;
    return typeof slug === "string" && slug ? slug : null;
  } catch {
    return null;
  }
}

function answer(status: number, title: string): Response {
  return Response.json(
    { type: "about:blank", title, status },
    { status, headers: { "Content-Type": "application/problem+json" } },
  );
}
