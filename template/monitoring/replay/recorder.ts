import LogRocket from "logrocket";

import { describe } from "../browser/report";
import { maySend, otherLinks, publicAddress } from "./private-pages";
import settings from "./settings.json";

/** Records this document. Do not import this file before the visitor has agreed. */
export function record(appId: string): void {
  LogRocket.init(appId, {
    ...settings.options,
    release: process.env.NEXT_PUBLIC_VERCEL_GIT_COMMIT_SHA || "local",
    dom: { ...settings.options.dom, redactSelectors: otherLinks() },
    browser: { urlSanitizer: publicAddress },
    shouldSendData: maySend,
  });
  LogRocket.getSessionURL((sessionURL) => describe("recording", { sessionURL }));
}
