import settings from "./settings.json";

export type Decision = "allowed" | "refused";

type WithSignal = Navigator & { globalPrivacyControl?: boolean };
const asksForPrivacy = (navigator as WithSignal).globalPrivacyControl === true;

// Raise the number to ask everyone again, after the question has changed. A decision made without
// the browser's privacy signal does not count once the browser sends it.
const DECISION_KEY = `replay-consent-1${asksForPrivacy ? "-gpc" : ""}`;
const SAMPLED_KEY = "replay-sampled";

/** Returns the visitor's decision; undefined if there is none yet. */
export function decision(): Decision | undefined {
  const kept = read();
  if (kept === "allowed" || kept === "refused") return kept;
  return asksForPrivacy ? "refused" : undefined;
}

/** Stores a decision. If storage is blocked, recording stays off. */
export function decide(answer: Decision): void {
  try {
    localStorage.setItem(DECISION_KEY, answer);
  } catch {}
}

/** Returns whether to record this browser session; drawn once per session. */
export function isSampled(): boolean {
  try {
    const kept = sessionStorage.getItem(SAMPLED_KEY);
    if (kept !== null) return kept === "yes";
    const drawn = Math.random() < settings.sessionSampleRate;
    sessionStorage.setItem(SAMPLED_KEY, drawn ? "yes" : "no");
    return drawn;
  } catch {
    return false;
  }
}

function read(): string | null {
  try {
    return localStorage.getItem(DECISION_KEY);
  } catch {
    return null;
  }
}
