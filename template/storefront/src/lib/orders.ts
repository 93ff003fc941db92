import { checkout as texts } from "@/texts";

import type { components } from "./api-schema";
import { call } from "./browser";

type Schemas = components["schemas"];
export type Delivery = Schemas["DeliveryView"];
export type Order = Schemas["OrderView"];
export type Withdrawal = Schemas["WithdrawalWanted"];
export type Receipt = Schemas["WithdrawalReceipt"];

export function readDelivery(): Promise<Delivery> {
  return call("GET", "/delivery");
}

/** Returns where the customer pays. The total is what they have seen. */
export async function beginCheckout(country: string, totalMinor: number): Promise<string> {
  const wanted: Schemas["CheckoutWanted"] = { country, total_minor: totalMinor };
  const refusals = { 409: texts.changed, 502: texts.unavailable, 503: texts.unavailable };
  return (await call<Schemas["CheckoutPage"]>("POST", "/checkout", wanted, refusals)).url;
}

/** Gives what the customer has not paid for back to others. */
export function cancelCheckout(): Promise<void> {
  return call("DELETE", "/checkout", undefined, { 409: texts.isPaid });
}

export function readOrder(number: string): Promise<Order> {
  return call("GET", `/orders/${encodeURIComponent(number)}`);
}

export function withdraw(withdrawal: Withdrawal): Promise<Receipt> {
  return call("POST", "/withdrawals", withdrawal);
}
