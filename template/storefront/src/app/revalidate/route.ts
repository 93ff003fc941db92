import { createHmac, timingSafeEqual } from "node:crypto";

import { revalidateTag } from "next/cache";
import { after } from "next/server";

import { CATALOGUE_TAG, productTag } from "@/lib/api";
import { revalidateSecrets } from "@/lib/env";

const SIGNATURE_SECONDS_MAX = 300;

/** The API calls this after a product changed, with `{"slug": "..."}`. */
export async function POST(request: Request): Promise<Response> {
  const secrets = revalidateSecrets();
  if (secrets.length === 0) return answer(503, "REVALIDATE_SECRET is not set");
  const body = await request.text();
  if (!isSigned(secrets, request.headers, body)) return answer(401, "Not signed");
  const slug = slugOf(body);
  if (!slug) return answer(422, "No slug given");
  // Nobody sees the old price once the new one is saved: the next visitor waits for the new page.
  for (const tag of [productTag(slug), CATALOGUE_TAG]) revalidateTag(tag, { expire: 0 });
  after(() => makePages(request, ["/", `/products/${encodeURIComponent(slug)}`]));
  return Response.json({ revalidated: slug });
}

/** Whether the holder of one of the secrets signed this body within the last five minutes. */
function isSigned(secrets: string[], headers: Headers, body: string): boolean {
  const timestamp = headers.get("x-revalidate-timestamp") ?? "";
  const signature = headers.get("x-revalidate-signature") ?? "";
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > SIGNATURE_SECONDS_MAX) return false;
  const given = Buffer.from(signature, "hex");
  return secrets.some((secret) => {
    const expected = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest();
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
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
