import Link from "next/link";

import type { ProductList } from "@/lib/api";
import { addressOf, type Choice } from "@/lib/choice";
import { formatRoundMoney } from "@/lib/format";
import store from "@/store";
import { filters, search } from "@/texts";

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
        <p className="more">
          {found.next_cursor && (
            <Link prefetch={false} href={address({ cursor: found.next_cursor })}>
              {search.more}
            </Link>
          )}
          {cursor && (
            <Link prefetch={false} href={address({})}>
              {search.first}
            </Link>
          )}
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
    <nav className="filters" aria-label={filters.title}>
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
        prefetch={false}
        className="toggle"
        href={address({ in_stock: in_stock ? "" : "true" })}
        aria-current={in_stock ? "true" : undefined}
      >
        {filters.inStock}
      </Link>
      {isNarrowed && (
        <Link
          prefetch={false}
          className="clear"
          href={addressOf(path, { q: choice.q ?? "", sort })}
        >
          {filters.clear}
        </Link>
      )}
      <p className="count" role="status">
        {search.count(found.total)}
      </p>
      <Choices
        label={filters.sort}
        options={sorted.map(([name, label], index) => ({
          label,
          href: address({ sort: index === 0 && !choice.q ? "" : name }),
          isChosen: name === (sort || (choice.q ? "" : sorted[0]?.[0])),
        }))}
        isLast
      />
    </nav>
  );
}

interface Option {
  label: string;
  href: string;
  isChosen: boolean;
}

function Choices({
  label,
  options,
  isLast = false,
}: {
  label: string;
  options: Option[];
  isLast?: boolean;
}) {
  return (
    // Chosen, a list of choices closes: it is another one then.
    <details
      className={isLast ? "choices choices-last" : "choices"}
      name="filters"
      key={options.find(({ isChosen }) => isChosen)?.label}
    >
      <summary>{label}</summary>
      <ul>
        {options.map((option) => (
          <li key={option.href}>
            <Link
              prefetch={false}
              href={option.href}
              aria-current={option.isChosen ? "true" : undefined}
            >
              {option.label}
            </Link>
          </li>
        ))}
      </ul>
    </details>
  );
}

function priceRanges(money: (minor: number) => string) {
  const { priceSteps: steps } = store;
  const lowest = steps[0] ?? 0;
  const highest = steps.at(-1) ?? 0;
  const between = steps.slice(1).map((max, index) => {
    const min = steps[index] ?? 0;
    return range(filters.between(money(min), money(max)), min, max);
  });
  return [
    range(filters.anyPrice),
    range(filters.upTo(money(lowest)), undefined, lowest),
    ...between,
    range(filters.from(money(highest)), highest),
  ];
}

function range(label: string, min?: number, max?: number) {
  return { label, min: String(min ?? ""), max: String(max ?? "") };
}
