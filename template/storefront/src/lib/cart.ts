import { cart as texts } from "@/texts";

import type { components } from "./api-schema";

type Schemas = components["schemas"];
export type Cart = Schemas["CartView"];
export type CartItem = Schemas["CartLine"];

export const MAX_QUANTITY = 99;

const TIMEOUT_MS = 15_000;

export function readCart(): Promise<Cart> {
  return request("GET", "");
}

export function addItem(productId: string, quantity: number): Promise<Cart> {
  const addition: Schemas["Addition"] = { product_id: productId, quantity };
  return request("POST", "/items", addition);
}

export function changeItem(productId: string, quantity: number): Promise<Cart> {
  const change: Schemas["Change"] = { quantity };
  return request("PATCH", `/items/${encodeURIComponent(productId)}`, change);
}

export function removeItem(productId: string): Promise<Cart> {
  return request("DELETE", `/items/${encodeURIComponent(productId)}`);
}

/** Its message is meant for the customer. */
export class CartError extends Error {}

const REFUSALS: Record<number, string> = {
  404: texts.notSold,
  409: texts.notSoMany,
  429: texts.tooFast,
};

async function request(method: string, path: string, body?: object): Promise<Cart> {
  const response = await fetch(`/api/cart${path}`, {
    method,
    cache: "no-store",
    // Whoever goes to the cart at once leaves the page that is still adding to it.
    keepalive: true,
    headers: body ? { "Content-Type": "application/json" } : undefined,
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status >= 500) throw new Error(`The API answered ${response.status} to ${method}`);
  if (!response.ok) throw new CartError(REFUSALS[response.status] ?? texts.tryAgain);
  return (await response.json()) as Cart;
}
