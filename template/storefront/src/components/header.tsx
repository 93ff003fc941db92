import Form from "next/form";

import store from "@/store";
import { search, shop } from "@/texts";

import { CartLink } from "./cart-provider";
import { Link } from "./link";
import { Menu } from "./menu";

export function Header() {
  return (
    <header className="header">
      <Menu categories={store.categories} />
      <Link className="wordmark name" href="/">
        {store.name}
      </Link>
      <div className="header-end row">
        <SearchForm name={search.label} />
        <Link className="search-link narrow-only" href="/search" aria-label={search.title}>
          <SearchSign />
        </Link>
        <nav aria-label={shop.cart}>
          <CartLink />
        </nav>
      </div>
    </header>
  );
}

/** Its name tells it from another one on the page. */
export function SearchForm({ name, query = "" }: { name: string; query?: string }) {
  return (
    <Form className="search" action="/search" prefetch={false} role="search" aria-label={name}>
      <input
        type="search"
        name="q"
        aria-label={search.label}
        placeholder={search.placeholder}
        defaultValue={query}
        maxLength={100}
        autoComplete="off"
      />
      <button type="submit" aria-label={search.submit}>
        <SearchSign />
      </button>
    </Form>
  );
}

function SearchSign() {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true">
      <circle cx="9" cy="9" r="5.5" />
      <path d="m13.2 13.2 4.3 4.3" />
    </svg>
  );
}
