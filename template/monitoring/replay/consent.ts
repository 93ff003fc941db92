import { showChoices } from "./choices";
import { decide, decision } from "./decision";
import { endOnPrivatePages, isPrivateDocument, keepApart } from "./private-pages";
import { isSampled } from "./sample";

/** Records visitors who have agreed, and lets everyone decide. */
export function start(appId: string): void {
  let isRecorded = false;

  async function record(): Promise<void> {
    if (decision() !== "allowed" || !isSampled()) return;
    isRecorded = true;
    keepApart();
    if (isPrivateDocument()) return;
    endOnPrivatePages();
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
