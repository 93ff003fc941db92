import { type NextRequest, NextResponse } from "next/server";

import { proof } from "@/lib/env";

export const config = { matcher: "/api/:path*" };

export function proxy(request: NextRequest): NextResponse {
  return toApi(request);
}

/** The rewrite that follows cannot add a header. What the browser sent under its name is replaced. */
function toApi({ headers: sent }: NextRequest): NextResponse {
  const headers = new Headers(sent);
  for (const [name, value] of Object.entries(proof("rewrite"))) headers.set(name, value);
  return NextResponse.next({ request: { headers } });
}
