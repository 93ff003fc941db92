import type { Init } from "../sentry";

/** What is called of @sentry/nextjs, which only files below storefront/ can import. */
export interface Sdk {
  captureException: (error: unknown, hint?: { mechanism: Mechanism }) => unknown;
  captureRouterTransitionStart: (address: string, kind: string) => unknown;
  init: Init;
  setContext: (name: string, facts: Record<string, string>) => unknown;
}

interface Mechanism {
  handled: boolean;
  type: string;
}

export interface Kept {
  error: unknown;
  handled: boolean;
}

// A broken page can throw without end before the SDK is there to take notice.
const KEPT_MAX = 20;
const kept: Kept[] = [];
const described = new Map<string, Record<string, string>>();
let sdk: Sdk | undefined;

export const isOn = Boolean(process.env.NEXT_PUBLIC_SENTRY_DSN);

/** Reports an error that was caught, by an error boundary for one. */
export function report(error: unknown): void {
  if (sdk) sdk.captureException(error);
  else keep({ error, handled: true });
}

/** Keeps an error until the SDK is there. */
export function keep(entry: Kept): void {
  if (isOn && kept.length < KEPT_MAX) kept.push(entry);
}

/** Adds facts to every event that is reported from now on. */
export function describe(name: string, facts: Record<string, string>): void {
  if (sdk) sdk.setContext(name, facts);
  else described.set(name, facts);
}

/** Tells Sentry where the visitor goes. Next.js calls it. */
export function onRouterTransitionStart(address: string, kind: string): void {
  sdk?.captureRouterTransitionStart(address, kind);
}

/** Gives the loaded SDK what was kept, and from now on everything. */
export function handOver(loaded: Sdk, start: (sdk: Sdk, early: Kept[]) => void): void {
  sdk = loaded;
  for (const [name, facts] of described) sdk.setContext(name, facts);
  start(sdk, kept.splice(0));
}
