import path from "node:path";

import { withSentryConfig } from "@sentry/nextjs/config";
import type { NextConfig } from "next";
import { PHASE_PRODUCTION_BUILD } from "next/constants";

import { sentryBuild } from "../monitoring/build";
import { config as vercel } from "../vercel/config";
import { apiOrigin, checkEnvironment, missingFromLiveShop } from "./src/lib/env";
import { deliveryWidths } from "./src/lib/image-loader";

const repository = path.join(__dirname, "..");
const SMALLEST_SCREEN = 640;

const nextConfig: NextConfig = {
  poweredByHeader: false,

  // Browsers refuse a chunk that is not the one that was built.
  experimental: { sri: { algorithm: "sha256" } },

  // Its name, headers and monitoring are imported from the folders beside this one.
  turbopack: { root: repository },

  images: {
    loader: "custom",
    loaderFile: "./src/lib/image-loader.ts",
    deviceSizes: deliveryWidths.filter((width) => width >= SMALLEST_SCREEN),
    imageSizes: deliveryWidths.filter((width) => width < SMALLEST_SCREEN),
  },

  async rewrites() {
    // A preview has no API until it is given one of its own.
    return apiOrigin ? [{ source: "/api/:path*", destination: `${apiOrigin}/:path*` }] : [];
  },

  async headers() {
    // Vercel reads the same file and adds them itself.
    if (process.env.VERCEL) return [];
    if (process.env.NODE_ENV !== "development") return vercel.headers;
    // React needs eval and a web socket while developing, which the shop's policy forbids.
    return vercel.headers
      .map((rule) => ({
        ...rule,
        headers: rule.headers.filter(({ key }) => key !== "Content-Security-Policy"),
      }))
      .filter(({ headers }) => headers.length > 0);
  },
};

export default function config(phase: string): NextConfig {
  checkEnvironment();
  if (phase === PHASE_PRODUCTION_BUILD)
    for (const line of missingFromLiveShop()) console.warn(line);
  return withSentryConfig(nextConfig, sentryBuild) as NextConfig;
}
