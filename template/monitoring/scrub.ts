interface ErrorEvent {
  exception?: { values?: { type?: string; value?: string }[] };
  user?: unknown;
  extra?: unknown;
}

interface Span {
  attributes: Record<string, unknown>;
}

// Worded by the engine or a framework from the code, never from what a customer typed. A SyntaxError
// is not among them: it quotes the text that is no JSON.
const SAFE_TYPES = ["AbortError", "ChunkLoadError", "ReferenceError", "TimeoutError", "TypeError"];
const SAFE_TEXTS = /^(Minified React error #\d+|Hydration failed|The API answered \d{3} to )/;
const WITHHELD = "[text withheld]";

const EMAIL = /[\w.%+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+/g;
const CARD = /\b\d(?:[ -]?\d){12,18}\b/g;
const TOKEN =
  /\b(?:Bearer|Basic|token|secret|password|session)\b(?:\s*[:=]\s*|\s+)\S+|\beyJ[\w-]+\.[\w-]+\.[\w-]*/gi;
const QUERY = /\?[^\s"']*/g;

/** The event without what a person may have typed: in its errors' texts, addresses and values. */
export function scrubEvent<T extends ErrorEvent>(event: T): T {
  for (const error of event.exception?.values ?? []) {
    if (!isWordedByCode(error.type, error.value)) error.value = WITHHELD;
  }
  delete event.user;
  // What was thrown and is no Error, written out.
  delete event.extra;
  return masked(event);
}

/** The span likewise; an error's text stands in its attributes as well. */
export function scrubSpan<T extends Span>(span: T): T {
  for (const name of Object.keys(span.attributes)) {
    if (/^(user|client|exception)\.|\.message$/.test(name)) delete span.attributes[name];
  }
  return masked(span);
}

function isWordedByCode(type = "", text = ""): boolean {
  return SAFE_TYPES.includes(type) || SAFE_TEXTS.test(text);
}

function masked<T>(value: T): T {
  if (typeof value === "string") return maskedText(value) as T;
  if (Array.isArray(value)) return value.map(masked) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, masked(part)])) as T;
}

function maskedText(text: string): string {
  return text
    .replace(QUERY, "?…")
    .replace(EMAIL, "[email]")
    .replace(CARD, (digits) => (isCard(digits) ? "[card]" : digits))
    .replace(TOKEN, "[token]");
}

// Luhn's check digit, ISO/IEC 7812-1: other long numbers stay readable.
function isCard(text: string): boolean {
  const digits = text.replace(/\D/g, "").split("").reverse().map(Number);
  const sum = digits.reduce((total, digit, place) => {
    const weighed = place % 2 ? digit * 2 : digit;
    return total + (weighed > 9 ? weighed - 9 : weighed);
  }, 0);
  return sum % 10 === 0;
}
