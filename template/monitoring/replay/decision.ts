export type Decision = "allowed" | "refused";

type WithSignal = Navigator & { globalPrivacyControl?: boolean };
const asksForPrivacy = (navigator as WithSignal).globalPrivacyControl === true;

// Another number asks everybody again: for a question that says something else. What was decided
// without the browser's signal does not count with it.
const KEY = `replay-consent-1${asksForPrivacy ? "-gpc" : ""}`;

/** What the visitor has decided; undefined until they have. */
export function decision(): Decision | undefined {
  const kept = read();
  if (kept === "allowed" || kept === "refused") return kept;
  return asksForPrivacy ? "refused" : undefined;
}

/** Keeps a decision. Where storage is blocked nobody has allowed anything. */
export function decide(answer: Decision): void {
  try {
    localStorage.setItem(KEY, answer);
  } catch {}
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
