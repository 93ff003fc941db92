import { type NextRequest, NextResponse } from "next/server";

import { policyWithNonce } from "../../vercel/config";
import { proof } from "./lib/env";

// The build only reads text here. Beside the API, these are noncePages of vercel/own.json, and
// `make check` compares them.
export const config = { matcher: ["/api/:path*", "/cart", "/orders/:number", "/withdrawal"] };

export function proxy(request: NextRequest): NextResponse {
  const { pathname } = request.nextUrl;
  // The shop is run from the API's own address, where no script of the storefront is.
  if (/^\/api\/+admin(\/|$)/.test(pathname)) return new NextResponse(null, { status: 404 });
  return pathname.startsWith("/api/") ? toApi(request) : withNonce(request);
}

/** The rewrite that follows cannot add a header. What the browser sent under its name is replaced. */
function toApi({ headers: sent }: NextRequest): NextResponse {
  const headers = new Headers(sent);
  for (const [name, value] of Object.entries(proof("rewrite"))) headers.set(name, value);
  return NextResponse.next({ request: { headers } });
}

/** Next.js takes the nonce for its scripts from the policy in the request. */
function withNonce({ headers: sent }: NextRequest): NextResponse {
  // React needs eval while developing.
  if (process.env.NODE_ENV === "development") return NextResponse.next();
  const policy = policyWithNonce(btoa(crypto.randomUUID()));
  const headers = new Headers(sent);
  headers.set("Content-Security-Policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("Content-Security-Policy", policy);
  return response;
}
