import { language, product } from "@/texts";

import { country } from "../../../vercel/store.json";
import type { Product } from "./api";

// Of prices and dates. English in Germany mixes the marks of both in other numbers.
const locale = country ? `${language}-${country}` : language;

function formatter(currency: string, options?: Intl.NumberFormatOptions): Intl.NumberFormat {
  return new Intl.NumberFormat(locale, { style: "currency", currency, ...options });
}

function digits(currency: string): number {
  return formatter(currency).resolvedOptions().maximumFractionDigits ?? 2;
}

export function formatMoney(minor: number, currency: string): string {
  return formatter(currency).format(minor / 10 ** digits(currency));
}

/** Without the fraction where it is nothing. */
export function formatRoundMoney(minor: number, currency: string): string {
  const round = formatter(currency, { trailingZeroDisplay: "stripIfInteger" });
  return round.format(minor / 10 ** digits(currency));
}

/** The amount as search engines read it: no symbol, no grouping. */
export function decimalAmount(minor: number, currency: string): string {
  const places = digits(currency);
  return (minor / 10 ** places).toFixed(places);
}

/** As "W 43.5 × D 26.3 × H 6.4 cm". */
export function formatSize(dimensions: Product["dimensions"]): string {
  const sides = ["diameter", "width", "depth", "height"] as const;
  const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const given = sides.flatMap((side) => {
    const millimetres = dimensions?.[side];
    return millimetres ? `${product.sides[side]} ${numbers.format(millimetres / 10)}` : [];
  });
  return given.length > 0 ? `${given.join(" × ")} cm` : "";
}

export function formatWeight(grams: number | null | undefined): string {
  if (!grams) return "";
  const [amount, unit] = grams < 1000 ? [grams, "gram"] : [grams / 1000, "kilogram"];
  const weights = { style: "unit", unit, maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(language, weights).format(amount);
}

export function countryName(code: string): string {
  return new Intl.DisplayNames(language, { type: "region" }).of(code) ?? code;
}

export function formatTime(time: string): string {
  const format = { dateStyle: "long", timeStyle: "long" } as const;
  return new Intl.DateTimeFormat(locale, format).format(new Date(time));
}
