import store from "../vercel/store.json";

// The uploader sends telemetry to the United States, even with `telemetry: false` below.
Object.assign(process.env, { SENTRY_CLI_NO_TELEMETRY: "1" });

const authToken = process.env.SENTRY_AUTH_TOKEN || undefined;

/** Options for withSentryConfig: with a token, source maps are uploaded and then deleted. */
export const sentryBuild = {
  org: process.env.SENTRY_ORG,
  project: `${store.slug}-storefront`,
  sentryUrl: process.env.SENTRY_URL,
  authToken,
  release: { name: process.env.NEXT_PUBLIC_VERCEL_GIT_COMMIT_SHA, create: Boolean(authToken) },
  sourcemaps: { disable: !authToken },
  telemetry: false,
  silent: !authToken,
};
