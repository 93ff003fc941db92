/** Where the brand starts: its name, colours, type, pictures and the order of its shelves. */
import localFont from "next/font/local";

import { currency, name } from "../../vercel/store.json";
import hero from "./pictures/hero.webp";
import heroSmall from "./pictures/hero-small.webp";
import story from "./pictures/story.webp";

// The paths have to be written out, because Next.js reads them while it builds. Letters beyond
// western Europe's are in the packages' other files.
const display = localFont({
  src: "../node_modules/@fontsource/newsreader/files/newsreader-latin-300-normal.woff2",
  weight: "300",
  variable: "--display",
  adjustFontFallback: "Times New Roman",
});
const text = localFont({
  src: "../node_modules/@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2",
  weight: "300 900",
  variable: "--text",
});

const light = {
  paper: "#f8f5f0",
  ink: "#26231e",
  soft: "#686157",
  accent: "#96492f", // clay
  plate: "#ebe6dd", // sand
  band: "#e9ebe8", // fog
  "on-hero": "#26231e",
  rule: "#d9d3c8", // stone
  field: "#878073",
  sage: "#5f7352",
};
const dark: typeof light = {
  paper: "#171512",
  ink: "#ece6db",
  soft: "#a79f92",
  accent: "#d99b7f",
  plate: "#24211c",
  band: "#1e2020",
  // Its picture keeps its light.
  "on-hero": "#26231e",
  rule: "#37332c",
  field: "#857d70",
  sage: "#93a884",
};

/** The alternative texts are in texts.ts. */
export const pictures = { hero, heroSmall, story };

export default {
  name,
  currency,
  fonts: `${display.variable} ${text.variable}`,
  colours: { light, dark },
  /** As they are called in the catalogue. Others are found by search only. */
  categories: ["Tableware", "Kitchen", "Lighting", "Textiles", "Objects", "Furniture"],
  /** Between them a customer chooses a price, in the currency's smallest unit. */
  priceSteps: [5_000, 10_000, 20_000],
};
