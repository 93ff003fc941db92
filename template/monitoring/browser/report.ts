import type { Init } from "../sentry";

/** The part of @sentry/nextjs in use. Only files below storefront/ can import the package. */
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

// A broken page can throw endlessly before the SDK has loaded.
const KEPT_MAX = 20;
const kept: Kept[] = [];
const described = new Map<string, Record<string, string>>();
let sdk: Sdk | undefined;

export const isOn = Boolean(process.env.NEXT_PUBLIC_SENTRY_DSN);

/** Reports a caught error, for example in an error boundary. */
export function report(error: unknown): void {
  if (sdk) sdk.captureException(error);
  else keep({ error, handled: true });
}

/** Keeps an error until the SDK has loaded. */
export function keep(entry: Kept): void {
  if (isOn && kept.length < KEPT_MAX) kept.push(entry);
}

/** Adds facts to all events from now on. */
export function describe(name: string, facts: Record<string, string>): void {
  if (sdk) sdk.setContext(name, facts);
  else described.set(name, facts);
}

/** Tells Sentry about a navigation. Next.js calls it. */
export function onRouterTransitionStart(address: string, kind: string): void {
  sdk?.captureRouterTransitionStart(address, kind);
}

/** Passes the kept errors, and everything from now on, to the loaded SDK. */
export function handOver(loaded: Sdk, start: (sdk: Sdk, early: Kept[]) => void): void {
  sdk = loaded;
  for (const [name, facts] of described) sdk.setContext(name, facts);
  start(sdk, kept.splice(0));
}
