import settings from "./settings.json";

const KEY = "replay-sampled";

/** Returns whether to record this browser session; drawn once per session. */
export function isSampled(): boolean {
  try {
    const kept = sessionStorage.getItem(KEY);
    if (kept !== null) return kept === "yes";
    const drawn = Math.random() < settings.sessionSampleRate;
    sessionStorage.setItem(KEY, drawn ? "yes" : "no");
    return drawn;
  } catch {
    return false;
  }
}
