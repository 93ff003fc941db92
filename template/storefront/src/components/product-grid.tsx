import Link from "next/link";

import type { Product } from "@/lib/api";
import { formatMoney } from "@/lib/money";

import { ProductImage } from "./product-image";

const SIZES =
  "(min-width: 150rem) 15vw, (min-width: 75rem) 21vw, (min-width: 48rem) 30vw, (min-width: 24rem) 45vw, 90vw";

// What a wide screen shows without scrolling.
const FIRST_ROW = 4;

export function ProductGrid({ products }: { products: Product[] }) {
  return (
    <ul className="grid">
      {products.map((product, index) => (
        <li key={product.id}>
          <ProductCard product={product} inFirstRow={index < FIRST_ROW} />
        </li>
      ))}
    </ul>
  );
}

function ProductCard({ product, inFirstRow }: { product: Product; inFirstRow: boolean }) {
  return (
    <Link className="card" href={`/products/${encodeURIComponent(product.slug)}`} prefetch={false}>
      <ProductImage image={product.image} name={product.name} sizes={SIZES} eager={inFirstRow} />
      <span className="card-name">{product.name}</span>
      <span className="card-price">{formatMoney(product.price_minor, product.currency)}</span>
    </Link>
  );
}
