export type Decision = "allowed" | "refused";

type WithSignal = Navigator & { globalPrivacyControl?: boolean };
const asksForPrivacy = (navigator as WithSignal).globalPrivacyControl === true;

// Raise the number to ask everyone again, after the question has changed. A decision made without
// the browser's privacy signal does not count once the browser sends it.
const KEY = `replay-consent-1${asksForPrivacy ? "-gpc" : ""}`;

/** Returns the visitor's decision; undefined if there is none yet. */
export function decision(): Decision | undefined {
  const kept = read();
  if (kept === "allowed" || kept === "refused") return kept;
  return asksForPrivacy ? "refused" : undefined;
}

/** Stores a decision. If storage is blocked, recording stays off. */
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
