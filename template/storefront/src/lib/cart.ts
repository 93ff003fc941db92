import { cart as texts } from "@/texts";

import type { components } from "./api-schema";
import { call } from "./browser";

type Schemas = components["schemas"];
export type Cart = Schemas["CartView"];
export type CartItem = Schemas["CartLine"];

export const MAX_QUANTITY = 99;

const REFUSALS = { 404: texts.notSold, 409: texts.notSoMany };

export function readCart(): Promise<Cart> {
  return call("GET", "/cart");
}

export function addItem(productId: string, quantity: number): Promise<Cart> {
  const addition: Schemas["Addition"] = { product_id: productId, quantity };
  return call("POST", "/cart/items", addition, REFUSALS);
}

export function changeItem(productId: string, quantity: number): Promise<Cart> {
  const change: Schemas["Change"] = { quantity };
  return call("PATCH", `/cart/items/${encodeURIComponent(productId)}`, change, REFUSALS);
}

export function removeItem(productId: string): Promise<Cart> {
  return call("DELETE", `/cart/items/${encodeURIComponent(productId)}`);
}
