import { expect, test, vi } from "vitest";

import {
  countryName,
  decimalAmount,
  formatMoney,
  formatRoundMoney,
  formatSize,
  formatWeight,
} from "@/lib/format";

vi.mock("../../vercel/store.json", () => ({ name: "Shop", country: "IE", currency: "EUR" }));

test.each([
  ["EUR", 14_900, "€149.00", "€149", "149.00"],
  ["EUR", 14_950, "€149.50", "€149.50", "149.50"],
  ["JPY", 14_900, "JP¥14,900", "JP¥14,900", "14900"],
  ["KWD", 1_234, "KWD 1.234", "KWD 1.234", "1.234"],
])("%s has the digits of its currency", (currency, minor, money, round, decimal) => {
  expect(formatMoney(minor, currency).replace(/\s/g, " ")).toBe(money);
  expect(formatRoundMoney(minor, currency).replace(/\s/g, " ")).toBe(round);
  expect(decimalAmount(minor, currency)).toBe(decimal);
});

test("sizes are in centimetres, weights in what fits", () => {
  expect(formatSize({ diameter: 215, height: 208 })).toBe("Ø 21.5 × H 20.8 cm");
  expect(formatSize(null)).toBe("");
  expect([formatWeight(900), formatWeight(2100), formatWeight(null)]).toEqual([
    "900 g",
    "2.1 kg",
    "",
  ]);
});

test("countries have names", () => {
  expect(countryName("DE")).toBe("Germany");
});
