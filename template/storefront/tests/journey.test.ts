/** From the home page to an order, against `make dev`, where that and a browser are there. */
import { execFileSync } from "node:child_process";

import { chromium } from "playwright-core";
import { expect, test } from "vitest";

import { cart, checkout, order, product, search } from "@/texts";

const SHOP = "http://localhost:3000";
const PATIENCE_MS = 60_000;
const NAMES = ["google-chrome", "chromium", "chromium-browser"];

const program = NAMES.map(pathOf).find(Boolean);
const isRunning = await fetch(SHOP).then(
  ({ ok }) => ok,
  () => false,
);

test.skipIf(!program || !isRunning)(
  "a customer finds a product and pays for it",
  async () => {
    const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage();
      await page.goto(`${SHOP}/search`);
      await page.locator(".card").first().click();
      await page.getByRole("button", { name: product.add }).click();
      await page.getByRole("link", { name: product.viewCart }).click();
      await page.getByRole("button", { name: checkout.start }).click();
      await page.getByRole("button", { name: "Pay", exact: true }).click();
      await page.getByRole("heading", { name: order.headings.paid }).waitFor();
      await page.goto(`${SHOP}/cart`);
      await page.getByText(cart.empty).waitFor();
      expect(await page.getByRole("link", { name: search.everything }).count()).toBe(1);
    } finally {
      await browser.close();
    }
  },
  PATIENCE_MS,
);

function pathOf(name: string): string {
  try {
    return execFileSync("which", [name], { encoding: "utf-8", stdio: "pipe" }).trim();
  } catch {
    return "";
  }
}
