import { type NextRequest, NextResponse } from "next/server";

import { policyWithNonce } from "../../vercel/config";

// The build only reads text here: noncePages of vercel/own.json, again. `make check` compares them.
export const config = { matcher: ["/cart"] };

export function proxy(request: NextRequest): NextResponse {
  return withNonce(request);
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
