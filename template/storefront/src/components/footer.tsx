import Link from "next/link";

import { categoryPath } from "@/lib/paths";
import store from "@/store";
import { pages, search, shop, withdrawal } from "@/texts";

export function Footer() {
  return (
    <footer className="footer">
      <div className="footer-inside">
        <p className="footer-name">
          {store.name}
          <small>{shop.claim}</small>
          <small>{shop.rights(new Date().getFullYear(), store.name)}</small>
        </p>
        <nav aria-label={shop.collection}>
          <h2>{shop.collection}</h2>
          <ul>
            {store.categories.map((name) => (
              <li key={name}>
                <Link href={categoryPath(name)} prefetch={false}>
                  {name}
                </Link>
              </li>
            ))}
            <li>
              <Link href="/search" prefetch={false}>
                {search.everything}
              </Link>
            </li>
          </ul>
        </nav>
        <nav aria-label={shop.information}>
          <h2>{shop.information}</h2>
          <ul>
            {pages.map(({ slug, title }) => (
              <li key={slug}>
                <Link href={`/info/${slug}`} prefetch={false}>
                  {title}
                </Link>
              </li>
            ))}
            <li>
              {/* Not a Link: its stricter policy only counts if the browser loads the page. */}
              <a href="/withdrawal">{withdrawal.link}</a>
            </li>
          </ul>
        </nav>
      </div>
    </footer>
  );
}
