import Image from "next/image";

import { cloudName } from "@/lib/env-public";

interface Props {
  image: string | null;
  name: string;
  sizes: string;
  /** For pictures that are in sight before anybody scrolls. */
  eager?: boolean;
}

/** Beside the product's name the picture says nothing more, hence the empty alternative text. */
export function ProductImage({ image, name, sizes, eager = false }: Props) {
  const local = image?.startsWith("/") ?? false;
  if (!image || (!local && !cloudName)) {
    return (
      <span className="picture picture-empty" aria-hidden="true">
        {name.slice(0, 1)}
      </span>
    );
  }
  return (
    <span className="picture">
      <Image
        src={image}
        alt=""
        fill
        sizes={sizes}
        unoptimized={local}
        loading={eager ? "eager" : "lazy"}
        fetchPriority={eager ? "high" : "auto"}
      />
    </span>
  );
}
