import type { Product } from "@/lib/api";
import { formatRoundMoney } from "@/lib/format";
import { shop } from "@/texts";

import { Link, productPath } from "./link";
import { ProductImage } from "./product-image";

const SIZES = "(min-width: 48rem) 30vw, 45vw";
const ROW_SIZES = "(min-width: 48rem) 22vw, 45vw";
const LEAD_SIZES = "(min-width: 48rem) 46vw, 92vw";

interface Props {
  products: Product[];
  /** How many are in sight before anybody scrolls. */
  inSight?: number;
  prices?: boolean;
  /** Few, beside each other; with a lead, the first one is as large as four. */
  row?: "even" | "lead";
}

export function ProductGrid({ products, inSight = 0, prices = true, row }: Props) {
  return (
    <ul className={`grid ${row ? "grid-row" : ""} ${row === "lead" ? "grid-lead" : ""}`}>
      {products.map((product, index) => (
        <li key={product.id}>
          <Link className="card stack" href={productPath(product.slug)}>
            <ProductImage
              image={product.image}
              name={product.name}
              sizes={row === "lead" && index === 0 ? LEAD_SIZES : row ? ROW_SIZES : SIZES}
              eager={index < inSight}
            />
            <span className="card-name">{product.name}</span>
            {prices && (
              <span className="card-price row small soft">
                {formatRoundMoney(product.price_minor, product.currency)}
                {product.stock === 0 && <span>{shop.soldOut}</span>}
              </span>
            )}
          </Link>
        </li>
      ))}
    </ul>
  );
}
