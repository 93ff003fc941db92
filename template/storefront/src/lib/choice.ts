/** What an address says of a list, by the API's names. Anything else in it is left out. */
export type Choice = Record<string, string>;
const SHAPES: Record<string, RegExp> = {
  q: /./,
  material: /./,
  price_min: /^\d{1,8}$/,
  price_max: /^\d{1,8}$/,
  in_stock: /^true$/,
  sort: /^(newest|-?price)$/,
  cursor: /^[\w=-]+$/,
};
const LENGTH_MAX = 100;

/** Returns what a page's parameters say of its list. */
export function choiceOf(parameters: Record<string, string | string[] | undefined>): Choice {
  const choice: Choice = {};
  for (const [name, shape] of Object.entries(SHAPES)) {
    const value = parameters[name];
    const text = (Array.isArray(value) ? value[0] : value)?.trim().slice(0, LENGTH_MAX) ?? "";
    if (shape.test(text)) choice[name] = text;
  }
  return choice;
}

export function addressOf(path: string, choice: Choice): string {
  const given = Object.entries(choice).filter(([, value]) => value);
  return given.length > 0 ? `${path}?${new URLSearchParams(given)}` : path;
}
