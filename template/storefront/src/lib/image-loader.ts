import type { ImageLoaderProps } from "next/image";

import { cloudName } from "./env-public";

// Each width is a billed transformation: keep the list short.
export const deliveryWidths = [320, 480, 640, 828, 1080, 1440, 1920];

// A laptop has the pictures of the sample catalogue in two widths.
const SAMPLES = "/seed/";
const SMALL_SAMPLE = 480;

export function hasWidths(src: string): boolean {
  return !src.startsWith("/") || src.startsWith(SAMPLES);
}

export default function imageLoader({ src, width }: Pick<ImageLoaderProps, "src" | "width">) {
  if (src.startsWith(SAMPLES) && width <= SMALL_SAMPLE)
    return src.replace(SAMPLES, `${SAMPLES}${SMALL_SAMPLE}/`);
  if (src.startsWith("/") || !cloudName) return src;
  const id = src.split("/").map(encodeURIComponent).join("/");
  return `https://res.cloudinary.com/${cloudName}/image/upload/c_limit,w_${width}/f_auto/q_auto/${id}`;
}
