import Form from "next/form";
import Link from "next/link";

import store from "@/store";

import { CartLink } from "./cart-provider";

export function Header() {
  return (
    <header className="header">
      <Link className="wordmark" href="/">
        {store.name}
      </Link>
      <Form className="search" action="/search" role="search">
        <label className="visually-hidden" htmlFor="search">
          Search products
        </label>
        <input
          id="search"
          type="search"
          name="q"
          placeholder="Search"
          maxLength={100}
          autoComplete="off"
        />
        <button type="submit">
          <span className="visually-hidden">Search</span>
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <circle cx="9" cy="9" r="5.5" />
            <path d="m13.2 13.2 4.3 4.3" />
          </svg>
        </button>
      </Form>
      <nav aria-label="Shop">
        <CartLink />
      </nav>
    </header>
  );
}
