import { originOf } from "./env-public";

interface Variable {
  name: string;
  shape: string;
  fits: (value: string, live: boolean) => boolean;
  /** What its absence from the live shop means. Without it the variable must be there. */
  absence?: string;
}

const variables: readonly Variable[] = [
  {
    name: "NEXT_PUBLIC_SITE_URL",
    shape: "an origin such as https://shop.example.com",
    fits: isOrigin,
    absence: "Pages name no canonical address and the sitemap is empty.",
  },
  {
    name: "API_ORIGIN",
    shape: "an origin such as https://api.example.com",
    fits: isOrigin,
    absence: "The shop is built without products and without a cart.",
  },
  {
    name: "REVALIDATE_SECRET",
    shape: "16 characters or more, the same as the API's",
    fits: (value) => value.split(",").every((part) => part.length >= 16),
    absence: "A changed product shows up after five minutes only.",
  },
  {
    name: "STOREFRONT_SECRET",
    shape: "32 characters or more, the same as the API's",
    fits: (value, live) => !live || value.split(",").every((part) => part.length >= 32),
    absence: "The API cannot tell customers from those who call it past the shop.",
  },
  {
    name: "NEXT_PUBLIC_CLOUDINARY_CLOUD_NAME",
    shape: "a cloud name: letters, digits, - and _",
    fits: (value) => /^[\w-]+$/.test(value),
  },
  {
    name: "NEXT_PUBLIC_SENTRY_DSN",
    shape: "a DSN such as https://key@sentry.example/2",
    fits: isDsn,
  },
  {
    name: "NEXT_PUBLIC_SENTRY_TRACES_SAMPLE_RATE",
    shape: "a number from 0 to 1",
    fits: (value) => Number(value) >= 0 && Number(value) <= 1,
    absence: "No page view is traced.",
  },
];

export const apiOrigin = originOf(process.env.API_ORIGIN);
export const isBuild = process.env.NEXT_PHASE === "phase-production-build";

/** Read when asked for: values of the running server, not of the build. */
export function revalidateSecrets(): string[] {
  return parts(process.env.REVALIDATE_SECRET);
}

/** Proves to the API that a request comes through the shop, by its rewrite or from its server. */
export function proof(way: "rewrite" | "server"): Record<string, string> {
  const [secret] = parts(process.env.STOREFRONT_SECRET);
  return secret ? { "X-Storefront-Proof": `${way} ${secret}` } : {};
}

/** Throws one error that names every variable the storefront cannot be built or started with. */
export function checkEnvironment(): void {
  const live = process.env.NEXT_PUBLIC_VERCEL_ENV === "production";
  const problems = variables.flatMap((variable) => problem(variable, live) ?? []);
  if (problems.length === 0) return;
  throw new Error(
    ["The storefront cannot run with this environment:", ...problems].join("\n- ") +
      "\nenv.yml says where each value comes from.",
  );
}

/** What the live shop does without for now: its first build happens before there is an API. */
export function missingFromLiveShop(): string[] {
  if (process.env.NEXT_PUBLIC_VERCEL_ENV !== "production") return [];
  return variables
    .filter(({ name, absence }) => !process.env[name] && absence)
    .map(({ name, absence }) => `${name} is not set. ${absence} Set it and deploy again.`);
}

function problem({ name, shape, fits, absence }: Variable, live: boolean): string | null {
  const value = process.env[name];
  // A dashboard keeps a cleared variable as an empty string: that counts as not set.
  if (!value) return live && absence === undefined ? `${name} is not set: ${shape}` : null;
  // What Vercel's command line writes in place of a value that it may not read.
  if (value === "[SENSITIVE]") return `${name} holds a placeholder instead of its value`;
  if (live && value.startsWith("local-only-")) return `${name} holds the value for a laptop`;
  // The value itself stays out of the log: it could be a secret in the wrong place.
  return fits(value, live) ? null : `${name} has to be ${shape}`;
}

/** A secret has two values, with a comma, while it is replaced: the first is the one to send. */
function parts(secret = ""): string[] {
  return secret.split(",").filter(Boolean);
}

function isDsn(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : null;
  return url !== null && url.username !== "" && /\/\d+$/.test(url.pathname);
}

function isOrigin(value: string, live: boolean): boolean {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (!url || value.replace(/\/$/, "") !== url.origin) return false;
  return url.protocol === "https:" || (url.protocol === "http:" && !live);
}
