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
};

const declared: Omit<Additions, "contentSecurityPolicy"> & typeof room = room;
const own = ownAdditions as Additions;
const ownHeaders = own.headers ?? [];

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
      header.key.toLowerCase() === "content-security-policy"
        ? { ...header, value: withOwnSources(header.value) }
        : header,
    );
  return { ...rule, headers: [...kept, ...added] };
}

const sources = new Set(declared.headers.map(({ source }) => source));

export const config = {
  ...declared,
  // If two rules set the same header on a page, the last one wins: the store's own.
  headers: [
    ...declared.headers.map(withOwnHeaders),
    ...ownHeaders.filter((rule) => !isUnconditional(rule) || !sources.has(rule.source)),
  ],
  ...joined("redirects"),
  ...joined("rewrites"),
  ...joined("crons"),
};

/** Omits a key that is not declared: an empty list would count as a declaration for Vercel. */
function joined(key: "redirects" | "rewrites" | "crons") {
  const all = [...(declared[key] ?? []), ...(own[key] ?? [])];
  return all.length ? { [key]: all } : {};
}
