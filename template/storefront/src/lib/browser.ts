import { report } from "@monitoring/browser/report";

import { shop } from "@/texts";

const TIMEOUT_MS = 15_000;

/** The API did not do it. Its message is meant for the customer. */
export class Refusal extends Error {}

/** Returns what to tell the customer; what is no refusal is reported. */
export function explained(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  report(error);
  return shop.tryAgain;
}

/** Asks the API from the browser. `refusals` are the words for each status, where it has its own. */
export async function call<T>(
  method: string,
  path: string,
  body?: object,
  refusals: Record<number, string> = {},
): Promise<T> {
  const response = await fetch(`/api${path}`, {
    method,
    cache: "no-store",
    // Whoever leaves the page at once still has it done.
    keepalive: true,
    headers: body ? { "Content-Type": "application/json" } : undefined,
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const refusal = refusals[response.status];
  if (response.status >= 500 && !refusal)
    throw new Error(`The API answered ${response.status} to ${method}`);
  if (!response.ok)
    throw new Refusal(refusal ?? (response.status === 429 ? shop.tooFast : shop.tryAgain));
  return (response.status === 204 ? undefined : await response.json()) as T;
}
