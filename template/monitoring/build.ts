import store from "../vercel/store.json";

// The uploader reports about its runs to the United States, whatever `telemetry` below says.
Object.assign(process.env, { SENTRY_CLI_NO_TELEMETRY: "1" });

const authToken = process.env.SENTRY_AUTH_TOKEN || undefined;

/** For withSentryConfig: uploads the source maps where there is a token, and deletes them. */
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
