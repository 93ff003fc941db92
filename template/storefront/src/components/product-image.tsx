import { getImageProps, type ImageProps } from "next/image";

import { cloudName } from "@/lib/env-public";
import { hasWidths } from "@/lib/image-loader";

interface Props {
  image: string | null;
  name: string;
  /** Empty where the product's name stands beside the picture. */
  alt?: string;
  sizes: string;
  /** For pictures that are in sight before anybody scrolls. */
  eager?: boolean;
}

export function ProductImage({ image, name, alt = "", sizes, eager = false }: Props) {
  if (!image || (!image.startsWith("/") && !cloudName)) {
    return (
      <div className="picture picture-empty soft" aria-hidden="true">
        {name.slice(0, 1)}
      </div>
    );
  }
  return (
    <Picture
      src={image}
      alt={alt}
      sizes={sizes}
      unoptimized={!hasWidths(image)}
      loading={eager ? "eager" : "lazy"}
      fetchPriority={eager ? "high" : "auto"}
    />
  );
}

/** A picture that fills the place that a `.picture` has. */
export function Picture(image: ImageProps) {
  const { props } = getImageProps({ ...image, fill: true });
  return (
    <div className="picture">
      {/* biome-ignore lint/performance/noImgElement: <Image> adds a script of 7 kB to the page. */}
      <img {...props} alt={image.alt} />
    </div>
  );
}
