interface ErrorEvent {
  exception?: { values?: { type?: string; value?: string }[] };
  user?: unknown;
  extra?: unknown;
}

interface Span {
  attributes: Record<string, unknown>;
}

// Their text comes from the engine or a framework, never from a customer. SyntaxError is not one of
// them: it quotes the text that is not valid JSON.
const SAFE_TYPES = ["AbortError", "ChunkLoadError", "ReferenceError", "TimeoutError", "TypeError"];
const SAFE_TEXTS = /^(Minified React error #\d+|Hydration failed|The API answered \d{3} to )/;
const WITHHELD = "[text withheld]";

const EMAIL = /[\w.%+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+/g;
const CARD = /\b\d(?:[ -]?\d){12,18}\b/g;
const TOKEN =
  /\b(?:Bearer|Basic|token|secret|password|session)\b(?:\s*[:=]\s*|\s+)\S+|\beyJ[\w-]+\.[\w-]+\.[\w-]*/gi;
const QUERY = /\?[^\s"']*/g;

/** Returns the event without what a person may have typed in error texts, addresses and values. */
export function scrubEvent<T extends ErrorEvent>(event: T): T {
  for (const error of event.exception?.values ?? []) {
    if (!isWordedByCode(error.type, error.value)) error.value = WITHHELD;
  }
  delete event.user;
  // A serialized copy of a thrown value that is not an Error.
  delete event.extra;
  return masked(event);
}

/** Does the same for a span, whose attributes also contain error texts. */
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

// Luhn's check digit (ISO/IEC 7812-1), so that other long numbers stay readable.
function isCard(text: string): boolean {
  const digits = text.replace(/\D/g, "").split("").reverse().map(Number);
  const sum = digits.reduce((total, digit, place) => {
    const weighed = place % 2 ? digit * 2 : digit;
    return total + (weighed > 9 ? weighed - 9 : weighed);
  }, 0);
  return sum % 10 === 0;
}
