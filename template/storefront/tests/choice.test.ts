import { expect, test } from "vitest";

import { addressOf, choiceOf } from "@/lib/choice";

test("a list takes what the API knows, and nothing else", () => {
  const given = { material: " Oak ", price_max: "5000", in_stock: "true", utm_source: "mail" };
  expect(choiceOf(given)).toEqual({ material: "Oak", price_max: "5000", in_stock: "true" });
});

test.each([
  { price_min: "cheap" },
  { price_min: "-1" },
  { in_stock: "yes" },
  { sort: "name" },
  { cursor: "<script>" },
  { q: "" },
  { material: undefined },
])("%o says nothing of a list", (given) => {
  expect(choiceOf(given)).toEqual({});
});

test("a repeated parameter counts once, and a long one is cut", () => {
  expect(choiceOf({ q: ["oak", "ash"], material: "x".repeat(200) })).toEqual({
    q: "oak",
    material: "x".repeat(100),
  });
});

test("an address has only what is chosen", () => {
  expect(addressOf("/search", { q: "oak & ash", sort: "" })).toBe("/search?q=oak+%26+ash");
  expect(addressOf("/search", { q: "" })).toBe("/search");
});
