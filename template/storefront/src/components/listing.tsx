import type { ProductList } from "@/lib/api";
import { addressOf, type Choice } from "@/lib/choice";
import { formatRoundMoney } from "@/lib/format";
import store from "@/store";
import { filters, search } from "@/texts";

import { Link } from "./link";
import { ProductGrid } from "./product-grid";

interface Props {
  path: string;
  choice: Choice;
  found: ProductList;
  materials: string[];
}

/** A list of products that links narrow down: it needs no JavaScript. */
export function Listing({ path, choice, found, materials }: Props) {
  const { cursor, ...chosen } = choice;
  const address = (changes: Choice) => addressOf(path, { ...chosen, ...changes });
  return (
    <>
      <Filters path={path} choice={chosen} found={found} materials={materials} />
      {found.items.length > 0 ? (
        <ProductGrid products={found.items} inSight={3} />
      ) : (
        <p className="nothing">{choice.q ? search.nothing : filters.nothing}</p>
      )}
      {(found.next_cursor || cursor) && (
        <p className="more row">
          {found.next_cursor && (
            <Link href={address({ cursor: found.next_cursor })}>{search.more}</Link>
          )}
          {cursor && <Link href={address({})}>{search.first}</Link>}
        </p>
      )}
    </>
  );
}

function Filters({ path, choice, found, materials }: Props) {
  const { material = "", price_min = "", price_max = "", in_stock, sort = "" } = choice;
  const address = (changes: Choice) => addressOf(path, { ...choice, ...changes });
  const currency = found.items[0]?.currency ?? store.currency;
  const steps = priceRanges((minor) => formatRoundMoney(minor, currency));
  const sorted = Object.entries(filters.sorted);
  const price = steps.find(({ min, max }) => min === price_min && max === price_max);
  const isNarrowed = material || price_min || price_max || in_stock;
  return (
    <nav className="filters row fine" aria-label={filters.title}>
      {materials.length > 1 && (
        <Choices
          label={material || filters.material}
          options={["", ...materials].map((name) => ({
            label: name || filters.allMaterials,
            href: address({ material: name }),
            isChosen: name === material,
          }))}
        />
      )}
      <Choices
        label={price?.min || price?.max ? price.label : filters.price}
        options={steps.map(({ label, min, max }) => ({
          label,
          href: address({ price_min: min, price_max: max }),
          isChosen: min === price_min && max === price_max,
        }))}
      />
      <Link
        className="toggle row"
        href={address({ in_stock: in_stock ? "" : "true" })}
        aria-current={in_stock ? "true" : undefined}
      >
        {filters.inStock}
      </Link>
      {isNarrowed && (
        <Link className="row soft" href={addressOf(path, { q: choice.q ?? "", sort })}>
          {filters.clear}
        </Link>
      )}
      <p className="count soft" role="status">
        {search.count(found.total)}
      </p>
      <Choices
        label={filters.sort}
        options={sorted.map(([name, label], index) => ({
          label,
          href: address({ sort: index === 0 && !choice.q ? "" : name }),
          isChosen: name === (sort || (choice.q ? "" : sorted[0]?.[0])),
        }))}
      />
    </nav>
  );
}

interface ChoicesProps {
  label: string;
  options: { label: string; href: string; isChosen: boolean }[];
}

function Choices({ label, options }: ChoicesProps) {
  return (
    // Chosen, a list of choices closes: it is another one then.
    <details
      className="choices"
      name="filters"
      key={options.find(({ isChosen }) => isChosen)?.label}
    >
      <summary>{label}</summary>
      <ul>
        {options.map(({ label, href, isChosen }) => (
          <li key={href}>
            <Link href={href} aria-current={isChosen ? "true" : undefined}>
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </details>
  );
}

function priceRanges(money: (minor: number) => string) {
  const { priceSteps: steps } = store;
  const label = (min?: number, max?: number) => {
    if (min && max) return filters.between(money(min), money(max));
    if (max) return filters.upTo(money(max));
    return min ? filters.from(money(min)) : filters.anyPrice;
  };
  const ranges = steps.length ? [undefined, ...steps].map((min, index) => [min, steps[index]]) : [];
  return [[], ...ranges].map(([min, max]) => ({
    label: label(min, max),
    min: String(min ?? ""),
    max: String(max ?? ""),
  }));
}
