import path from "node:path";

import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    alias: {
      "@": path.join(import.meta.dirname, "src"),
      "@monitoring": path.join(import.meta.dirname, "../monitoring"),
    },
  },
  test: { include: ["tests/*.test.ts"] },
});
