import { scrubEvent, scrubSpan } from "./scrub";

export const dsn = process.env.NEXT_PUBLIC_SENTRY_DSN || undefined;

/** The options in browser and server: one release and environment, and no personal data. */
export const options = {
  dsn,
  release: process.env.NEXT_PUBLIC_VERCEL_GIT_COMMIT_SHA || "local",
  environment: process.env.NEXT_PUBLIC_VERCEL_ENV || "local",
  tracesSampleRate: Number(process.env.NEXT_PUBLIC_SENTRY_TRACES_SAMPLE_RATE || 0),
  // Sentry collects all of these by default.
  dataCollection: {
    userInfo: false,
    cookies: false,
    httpHeaders: { request: { allow: ["user-agent", "content-type", "host"] }, response: false },
    httpBodies: [],
    urlQueryParams: false,
    databaseQueryData: false,
    queues: false,
    stackFrameVariables: false,
    graphQL: { document: false, variables: false },
    genAI: { inputs: false, outputs: false },
  },
  // Sessions contain the name of a logged-in user and bypass the filters below.
  integrations: <Integration extends { name: string }>(defaults: Integration[]) =>
    defaults.filter(({ name }) => !/^(Browser|Process)Session$/.test(name)),
  beforeSend: scrubEvent,
  beforeSendSpan: scrubSpan,
  // Console output may contain anything.
  beforeBreadcrumb: <Breadcrumb extends { category?: string }>(breadcrumb: Breadcrumb) =>
    breadcrumb.category === "console" ? null : breadcrumb,
};

type Options = typeof options & { tracePropagationTargets: RegExp[] };

export interface KnownOptions {
  dataCollection?: object;
}

// Options that an SDK does not know: it silently ignores them, and TypeScript accepts them.
type Ignored<Known extends KnownOptions> =
  | Exclude<keyof Options, keyof Known>
  | Exclude<keyof Options["dataCollection"], keyof NonNullable<Known["dataCollection"]>>;

/** The SDK's `init`, which has to accept these options and know each of them. */
export type Init<Known extends KnownOptions = Options> = ((given: Options) => unknown) &
  ((given: Known) => Ignored<Known> extends never ? unknown : Ignored<Known>);
