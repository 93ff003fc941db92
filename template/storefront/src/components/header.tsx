import Form from "next/form";
import Link from "next/link";

import store from "@/store";
import { search, shop } from "@/texts";

import { CartLink } from "./cart-provider";
import { Menu } from "./menu";

export function Header() {
  return (
    <header className="header">
      <Menu categories={store.categories} />
      <Link className="wordmark" href="/" prefetch={false}>
        {store.name}
      </Link>
      <div className="header-end">
        <SearchForm id="header-search" name={search.label} />
        <Link className="search-link" href="/search" prefetch={false}>
          <SearchSign />
          <span className="visually-hidden">{search.title}</span>
        </Link>
        <nav aria-label={shop.cart}>
          <CartLink />
        </nav>
      </div>
    </header>
  );
}

interface SearchProps {
  id: string;
  /** What tells it from another one on the page. */
  name: string;
  query?: string;
}

export function SearchForm({ id, name, query = "" }: SearchProps) {
  return (
    <Form className="search" action="/search" prefetch={false} role="search" aria-label={name}>
      <label className="visually-hidden" htmlFor={id}>
        {search.label}
      </label>
      <input
        id={id}
        type="search"
        name="q"
        placeholder={search.placeholder}
        defaultValue={query}
        maxLength={100}
        autoComplete="off"
      />
      <button type="submit">
        <span className="visually-hidden">{search.submit}</span>
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
