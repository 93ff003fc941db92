// Apart from env.ts, because these reach the browser and the rest has no business there. Each name
// is written out: Next.js puts the values into the pages by that text.
export const siteUrl = originOf(process.env.NEXT_PUBLIC_SITE_URL);
export const cloudName = process.env.NEXT_PUBLIC_CLOUDINARY_CLOUD_NAME || undefined;

/** Without a slash at the end; undefined for anything that is no address. */
export function originOf(value: string | undefined): string | undefined {
  return value && URL.canParse(value) ? new URL(value).origin : undefined;
}
