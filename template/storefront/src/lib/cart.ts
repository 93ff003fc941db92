import { cart as texts } from "@/texts";

import type { components } from "./api-schema";
import { call } from "./browser";

type Schemas = components["schemas"];
export type Cart = Schemas["CartView"];
export type CartItem = Schemas["CartLine"];

export const MAX_QUANTITY = 99;

export function readCart(): Promise<Cart> {
  return call("GET", "/cart");
}

export function addItem(productId: string, quantity: number): Promise<Cart> {
  const addition: Schemas["Addition"] = { product_id: productId, quantity };
  const refusals = { 404: texts.notSold, 409: texts.notSoMany };
  return call("POST", "/cart/items", addition, refusals);
}

/** Beyond what a cart may hold of a product, it is as much as it may. */
export function changeItem(productId: string, quantity: number): Promise<Cart> {
  const change: Schemas["Change"] = { quantity: Math.min(Math.max(quantity, 1), MAX_QUANTITY) };
  const refusals = { 409: texts.notSoMany };
  return call("PATCH", `/cart/items/${encodeURIComponent(productId)}`, change, refusals);
}

export function removeItem(productId: string): Promise<Cart> {
  return call("DELETE", `/cart/items/${encodeURIComponent(productId)}`);
}
