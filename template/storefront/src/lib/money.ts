const LOCALE = "en";

function formatter(currency: string): Intl.NumberFormat {
  return new Intl.NumberFormat(LOCALE, { style: "currency", currency });
}

function digits(currency: string): number {
  return formatter(currency).resolvedOptions().maximumFractionDigits ?? 2;
}

export function formatMoney(minor: number, currency: string): string {
  return formatter(currency).format(minor / 10 ** digits(currency));
}

/** The amount as search engines read it: no symbol, no grouping. */
export function decimalAmount(minor: number, currency: string): string {
  const places = digits(currency);
  return (minor / 10 ** places).toFixed(places);
}
