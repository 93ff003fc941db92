import Image from "next/image";

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
    <div className="picture">
      <Image
        src={image}
        alt={alt}
        fill
        sizes={sizes}
        unoptimized={!hasWidths(image)}
        loading={eager ? "eager" : "lazy"}
        fetchPriority={eager ? "high" : "auto"}
      />
    </div>
  );
}
