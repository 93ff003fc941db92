/** The configuration for Vercel and Next.js: vercel.json with the additions of own.json. */
import ownAdditions from "./own.json";
import room from "./vercel.json";

type Header = { key: string; value: string };
type Condition =
  | { type: "header" | "query" | "cookie"; key: string; value?: string }
  | { type: "host"; key?: undefined; value: string };
type HeaderRule = {
  source: string;
  headers: Header[];
  has?: Condition[];
  missing?: Condition[];
};
type Additions = {
  headers?: HeaderRule[];
  redirects?: object[];
  rewrites?: object[];
  crons?: object[];
  contentSecurityPolicy?: Record<string, string[]>;
  noncePages?: string[];
  deployFromCI?: boolean;
};
type OfOwnJsonAlone = "contentSecurityPolicy" | "noncePages" | "deployFromCI";

const declared: Omit<Additions, OfOwnJsonAlone> & typeof room = room;
const own = ownAdditions as Additions;
const ownHeaders = own.headers ?? [];
const noncePages = own.noncePages ?? [];

function withOwnSources(policy: string): string {
  const directives = new Map<string, string[]>();
  for (const part of policy.split(";")) {
    const [name, ...sources] = part.trim().split(/\s+/);
    if (name) directives.set(name, sources);
  }
  for (const [name, sources] of Object.entries(own.contentSecurityPolicy ?? {})) {
    // 'none' has no effect beside other sources.
    const before = (directives.get(name) ?? []).filter((source) => source !== "'none'");
    directives.set(name, [...new Set([...before, ...sources])]);
  }
  return [...directives]
    .map(([name, sources]) => [name, ...sources.map(ofThisStore)].join(" "))
    .join("; ");
}

/** Returns the part of a vendor's hosts that is the store's, if its build has the variable. */
function ofThisStore(source: string): string {
  const dsn = process.env.NEXT_PUBLIC_SENTRY_DSN ?? "";
  if (/^https:\/\/\*\.ingest\.\w+\.sentry\.io$/.test(source) && URL.canParse(dsn))
    return new URL(dsn).origin;
  const cloud = process.env.NEXT_PUBLIC_CLOUDINARY_CLOUD_NAME ?? "";
  const isCloud = /^[\w-]+$/.test(cloud);
  return isCloud && source === "https://res.cloudinary.com" ? `${source}/${cloud}/` : source;
}

function isUnconditional(rule: HeaderRule): boolean {
  return !rule.has && !rule.missing;
}

function withOwnHeaders(rule: HeaderRule): HeaderRule {
  const added = ownHeaders
    .filter((other) => isUnconditional(other) && other.source === rule.source)
    .flatMap(({ headers }) => headers);
  const replaced = new Set(added.map(({ key }) => key.toLowerCase()));
  const kept = rule.headers
    .filter(({ key }) => !replaced.has(key.toLowerCase()))
    .map((header) =>
      isPolicy(header) ? { ...header, value: withOwnSources(header.value) } : header,
    );
  return { ...rule, headers: [...kept, ...added] };
}

function isPolicy({ key }: Header): boolean {
  return key.toLowerCase() === "content-security-policy";
}

/** Leaves the policy of the pages with a nonce to the storefront's proxy.ts. */
function exceptNoncePages(rule: HeaderRule): HeaderRule[] {
  const policy = rule.headers.filter(isPolicy);
  if (noncePages.length === 0 || policy.length === 0) return [rule];
  const pages = noncePages.map((page) =>
    page
      .slice(1)
      .replace(/\[\.{3}\w+\]/g, ".+")
      .replace(/\[\w+\]/g, "[^/]+"),
  );
  return [
    { ...rule, headers: rule.headers.filter((header) => !isPolicy(header)) },
    { source: `/((?!${pages.map((page) => `${page}$`).join("|")}).*)`, headers: policy },
  ];
}

const sources = new Set(declared.headers.map(({ source }) => source));

export const config = {
  ...declared,
  // If two rules set the same header on a page, the last one wins: the store's own.
  headers: [
    ...declared.headers.map(withOwnHeaders).flatMap(exceptNoncePages),
    ...ownHeaders.filter((rule) => !isUnconditional(rule) || !sources.has(rule.source)),
  ],
  ...joined("redirects"),
  ...joined("rewrites"),
  ...joined("crons"),
  ...(own.deployFromCI ? deployedFromCI() : {}),
};

/** A commit of main then waits for CI, which deploys all that is new since the last one it did. */
function deployedFromCI() {
  const { deploymentEnabled } = declared.git;
  return {
    git: { ...declared.git, deploymentEnabled: { ...deploymentEnabled, main: false } },
    // It compares with the last commit that was built, which may be one that CI refused.
    ignoreCommand: undefined,
  };
}

/** Returns the policy for one response, in which inline scripts need this nonce. */
export function policyWithNonce(nonce: string): string {
  const policy = config.headers.flatMap(({ headers }) => headers).find(isPolicy)?.value ?? "";
  return policy.replace(/script-src [^;]*/, (scripts) =>
    scripts.replace("'unsafe-inline'", `'nonce-${nonce}'`),
  );
}

/** Omits a key that is not declared: an empty list would count as a declaration for Vercel. */
function joined(key: "redirects" | "rewrites" | "crons") {
  const all = [...(declared[key] ?? []), ...(own[key] ?? [])];
  return all.length ? { [key]: all } : {};
}
