import { whenInteractive } from "../browser/when-interactive";
import "./before-router";

const appId = process.env.NEXT_PUBLIC_LOGROCKET_APP_ID;

if (appId) whenInteractive(async () => (await import("./consent")).start(appId));
