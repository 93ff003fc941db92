import store from "@/store";
import { pages, search, shop, withdrawal } from "@/texts";

import { categoryPath, Link } from "./link";

export function Footer() {
  return (
    <footer className="footer">
      <div className="footer-inside">
        <div>
          <p className="footer-name">{store.name}</p>
          <p className="small soft">{shop.claim}</p>
          <p className="small soft">{shop.rights(new Date().getFullYear(), store.name)}</p>
        </div>
        <nav aria-label={shop.collection}>
          <h2 className="small soft">{shop.collection}</h2>
          <ul>
            {store.categories.map((name) => (
              <li key={name}>
                <Link href={categoryPath(name)}>{name}</Link>
              </li>
            ))}
            <li>
              <Link href="/search">{search.everything}</Link>
            </li>
          </ul>
        </nav>
        <nav aria-label={shop.information}>
          <h2 className="small soft">{shop.information}</h2>
          <ul>
            {pages.map(({ slug, title }) => (
              <li key={slug}>
                <Link href={`/info/${slug}`}>{title}</Link>
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
