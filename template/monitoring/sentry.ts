import { listedOnly } from "./scrub";

export const dsn = process.env.NEXT_PUBLIC_SENTRY_DSN || undefined;

const release = process.env.NEXT_PUBLIC_VERCEL_GIT_COMMIT_SHA || "local";
const environment = process.env.NEXT_PUBLIC_VERCEL_ENV || "local";
const tracesSampleRate = Number(process.env.NEXT_PUBLIC_SENTRY_TRACES_SAMPLE_RATE || 0);
const publicKey = /^https?:\/\/(\w+)@/.exec(dsn ?? "")?.[1];

/** The options in browser and server: one release and environment, and no personal data. */
export const options = {
  dsn,
  release,
  environment,
  tracesSampleRate,
  // Sentry collects all of these by default. What leaves of the rest is listed in scrub.ts.
  dataCollection: {
    userInfo: false,
    cookies: false,
    httpHeaders: { request: false, response: false },
    httpBodies: [],
    urlQueryParams: false,
    databaseQueryData: false,
    queues: false,
    stackFrameVariables: false,
    graphQL: { document: false, variables: false },
    genAI: { inputs: false, outputs: false },
  },
  maxBreadcrumbs: 0,
  integrations: <Integration extends { name: string }>(defaults: Integration[]) => [
    listedOnly({ release, environment, publicKey, sampleRate: tracesSampleRate }),
    // Sessions are not on the list.
    ...defaults.filter(({ name }) => !/^(Browser|Process)Session$/.test(name)),
  ],
};

type Options = typeof options & {
  tracePropagationTargets: RegExp[];
  tracesSampler?: (context: { parentSampled?: boolean }) => number;
};

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
