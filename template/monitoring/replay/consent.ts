import { showChoices } from "./choices";
import { decide, decision, isSampled } from "./decision";
import type { BeforeRouter } from "./index";
import { endOnPrivatePages, isPrivateDocument, keepApart } from "./private-pages";

/** Records visitors who have agreed, and lets everyone decide. */
export function start(appId: string, beforeRouter: BeforeRouter): void {
  let isRecorded = false;

  async function record(): Promise<void> {
    if (decision() !== "allowed" || !isSampled()) return;
    isRecorded = true;
    keepApart();
    if (isPrivateDocument()) return;
    endOnPrivatePages(beforeRouter);
    // Importing the recorder starts it.
    (await import("./recorder")).record(appId);
  }

  showChoices((answer) => {
    decide(answer);
    if (!isRecorded) void record();
    // A recorder can only be stopped by leaving its document.
    else if (answer === "refused") location.reload();
  });
  void record();
}
