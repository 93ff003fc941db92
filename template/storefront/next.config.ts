import path from "node:path";

import type { NextConfig } from "next";

import vercel from "../vercel/vercel.json";

const repository = path.join(__dirname, "..");

const nextConfig: NextConfig = {
  poweredByHeader: false,

  // The store's name and headers are imported from the folder beside this one.
  turbopack: { root: repository },

  async rewrites() {
    const api = process.env.API_ORIGIN;
    // A preview has no API until it is given one of its own.
    return api ? [{ source: "/api/:path*", destination: `${new URL(api).origin}/:path*` }] : [];
  },

  async headers() {
    // Vercel reads the same file and adds them itself.
    if (process.env.VERCEL) return [];
    if (process.env.NODE_ENV !== "development") return vercel.headers;
    // React needs eval and a web socket while developing, which the shop's policy forbids.
    return vercel.headers.map((rule) => ({
      ...rule,
      headers: rule.headers.filter(({ key }) => key !== "Content-Security-Policy"),
    }));
  },
};

export default nextConfig;
