import { afterEach, expect, test, vi } from "vitest";

import { call, Refusal } from "@/lib/browser";
import { addItem } from "@/lib/cart";
import { beginCheckout } from "@/lib/orders";
import { cart, checkout, shop } from "@/texts";

function answer(status: number, body: object = {}) {
  const isEmpty = status === 204;
  const fetched = vi.fn(
    async () => new Response(isEmpty ? null : JSON.stringify(body), { status }),
  );
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

afterEach(() => vi.unstubAllGlobals());

test("a call sends JSON to the shop's own origin and returns the answer", async () => {
  const fetched = answer(200, { url: "https://pay.example" });
  await expect(beginCheckout("DE", 5_390)).resolves.toBe("https://pay.example");
  const body = JSON.stringify({ country: "DE", total_minor: 5_390 });
  const json = { "Content-Type": "application/json" };
  const sent = { method: "POST", body, headers: json, cache: "no-store" };
  expect(fetched).toHaveBeenCalledWith("/api/checkout", expect.objectContaining(sent));
});

test("an answer without a body is none", async () => {
  answer(204);
  await expect(call("DELETE", "/checkout")).resolves.toBeUndefined();
});

test.each([
  [404, () => addItem("1", 1), cart.notSold],
  [409, () => addItem("1", 1), cart.notSoMany],
  [409, () => beginCheckout("DE", 1), checkout.changed],
  [503, () => beginCheckout("DE", 1), checkout.unavailable],
  [429, () => addItem("1", 1), shop.tooFast],
  [422, () => addItem("1", 1), shop.tryAgain],
])("a refusal with %i is told in words for the customer", async (status, ask, words) => {
  answer(status);
  const refused = ask();
  await expect(refused).rejects.toBeInstanceOf(Refusal);
  await expect(refused).rejects.toThrow(words);
});

test("what the shop could not do is no refusal, and is reported", async () => {
  answer(500);
  const failed = addItem("1", 1);
  await expect(failed).rejects.toThrow("The API answered 500 to POST");
  await expect(failed).rejects.not.toBeInstanceOf(Refusal);
});
