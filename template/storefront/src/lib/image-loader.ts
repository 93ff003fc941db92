import type { ImageLoaderProps } from "next/image";

import { cloudName } from "./env-public";

// Each width is a billed transformation: keep the list short.
export const deliveryWidths = [320, 480, 640, 828, 1080, 1440, 1920];

export default function imageLoader({ src, width }: Pick<ImageLoaderProps, "src" | "width">) {
  if (src.startsWith("/") || !cloudName) return src;
  const id = src.split("/").map(encodeURIComponent).join("/");
  return `https://res.cloudinary.com/${cloudName}/image/upload/c_limit,w_${width}/f_auto/q_auto/${id}`;
}
