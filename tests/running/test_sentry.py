"""Errors and traces of a running store arrive in Sentry under one name, without personal data."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page
from support.browser import chromium_without_network
from support.running_store import Installed, RunningStore, ask, assemble, copy_of, query
from support.sentry_stand_in import AUTH_TOKEN, INGEST_HOST, PUBLIC_KEY, in_its_own_process
from tools.additions import directives_of

from luma.live.verify.reading import release_in

RELEASE = "0123456789abcdef0123456789abcdef01234567"
PATIENCE_SECONDS = 30
CUSTOMER = {
    "card_number": "4242424242424242",
    "email": "ada@customer.example",
    "password": "correct-horse-42",
    "address": "12 Walnut Street",
    "token": "tok-9f8e7d6c5b",
}
COOKIE = "cookie-77aa55"
UNMATCHED = "/kunde/Annegret Muster/DE89370400440532013000"
HEADERS = {
    "User-Agent": "Annegret's browser",
    "Content-Type": "text/annegret",
    "baggage": "sentry-transaction=Annegret,sentry-trace_id=0af7651916cd43dd8448eb211c80319c",
    "sentry-trace": "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
}
PRIVATE = [
    *CUSTOMER.values(), CUSTOMER["email"].replace("@", "%40"), "Walnut", COOKIE, "nnegret", "DE893",
]  # fmt: skip

# What a team in a hurry writes: everything at hand goes into logs, errors, addresses and tags.
CARELESS_API = """

import logging

import sentry_sdk
from fastapi import Request


@app.post("/charges")
async def checkout(request: Request) -> None:
    order = await request.json()
    sentry_sdk.set_user({"email": order["email"]})
    logging.getLogger("checkout").error("cannot charge %s", order)
    async with AsyncClient() as http:
        await http.get(f"http://127.0.0.1:{request.url.port}/livez?email={order['email']}")
    raise ValueError(f"cannot charge {order}")
"""
CARELESS_ROUTE = """
import { captureException, setUser } from "@sentry/nextjs";

export async function POST(request: Request): Promise<Response> {
  const order = await request.json();
  setUser({ email: order.email });
  console.error("cannot charge", order);
  captureException(order);
  const body = JSON.stringify(order);
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${order.token}` };
  const address = `${process.env.API_ORIGIN}/charges?email=${order.email}`;
  const charged = await fetch(address, { method: "POST", headers, body });
  throw new Error(`${charged.status} for ${body}`);
}
"""
CARELESS_PAGE = """
"use client";

export default function Checkout() {
  async function pay(form: FormData) {
    const order = Object.fromEntries(form);
    console.log("paying", order);
    const body = JSON.stringify(order);
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${order.token}` };
    const query = `?email=${encodeURIComponent(String(order.email))}&token=${order.token}`;
    const paid = await fetch(`/checkout/pay${query}`, { method: "POST", headers, body });
    history.pushState(null, "", query);
    setTimeout(() => {
      throw new Error(`${paid.status} for ${body}`);
    }, 500);
    throw order;
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void pay(new FormData(event.currentTarget));
      }}
    >
      {["card_number", "email", "password", "address", "token"].map((name) => (
        <input key={name} name={name} aria-label={name} />
      ))}
      <button type="submit">Pay</button>
    </form>
  );
}
"""


@dataclass
class Ingest:
    """The stand-in for Sentry, and what has arrived there."""

    folder: Path
    ports: dict[str, int]

    @property
    def envelopes(self) -> list[dict[str, Any]]:
        """Return everything that was taken so far."""
        file = self.folder / "envelopes.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the errors, and the API's transactions."""
        return [*self._payloads("event"), *self._payloads("transaction")]

    @property
    def spans(self) -> list[dict[str, Any]]:
        """Return the spans of browser and storefront."""
        return [span for payload in self._payloads("span") for span in payload["items"]]

    def errors(
        self, platform: str, trace: str | None = None, since: int = 0
    ) -> list[dict[str, Any]]:
        """Return the errors of one platform: javascript is the browser, node and python servers."""
        return [
            event
            for event in self._payloads("event", since)
            if event["platform"] == platform
            and trace in {None, event["contexts"]["trace"]["trace_id"]}
        ]

    def wait_for(self, arrived: Callable[[], Any]) -> Any:
        """Return what a question is answered with as soon as that is something."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := arrived()):
            assert time.monotonic() < deadline, [event.get("exception") for event in self.events]
            time.sleep(0.2)
        return found

    def _payloads(self, kind: str, since: int = 0) -> list[dict[str, Any]]:
        return [
            part["payload"]
            for envelope in self.envelopes[since:]
            for part in envelope["parts"][1:]
            if part["item"]["type"] == kind
        ]


@pytest.fixture(scope="module")
def ingest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingest]:
    folder = tmp_path_factory.mktemp("ingest")
    with in_its_own_process(folder) as ports:
        yield Ingest(folder, ports)
    refused = folder / "refused.jsonl"
    assert not refused.exists(), refused.read_text()


@pytest.fixture(scope="module")
def watched(
    installed: Installed, ingest: Ingest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningStore]:
    """Return a running store that reports to the stand-in, with a careless checkout."""
    folder = tmp_path_factory.mktemp("watched")
    store = copy_of(installed(enable_logrocket=True), folder / "store")
    with (store / "api/app/main.py").open("a") as main:
        main.write(CARELESS_API)
    page = store / "storefront/src/app/checkout"
    (page / "pay").mkdir(parents=True)
    (page / "page.tsx").write_text(CARELESS_PAGE)
    (page / "pay/route.ts").write_text(CARELESS_ROUTE)
    running = assemble(
        store,
        folder,
        ENVIRONMENT="preview",
        ADMIN_TOKEN="t" * 32,
        REVALIDATE_SECRET="s" * 32,
        STOREFRONT_SECRET="p" * 32,
        MEDIA_FOLDER="luma-store/preview",
        STOREFRONT_ORIGIN="https://127.0.0.1:1",
        RENDER_GIT_COMMIT=RELEASE,
        SENTRY_DSN=f"http://{PUBLIC_KEY}@127.0.0.1:{ingest.ports['plain']}/2",
        NEXT_PUBLIC_VERCEL_ENV="preview",
        NEXT_PUBLIC_VERCEL_GIT_COMMIT_SHA=RELEASE,
        NEXT_PUBLIC_SENTRY_DSN=f"https://{PUBLIC_KEY}@{INGEST_HOST}/1",
        SENTRY_AUTH_TOKEN=AUTH_TOKEN,
        SENTRY_ORG="acme",
        SENTRY_URL=f"http://127.0.0.1:{ingest.ports['plain']}",
        https_proxy=f"http://127.0.0.1:{ingest.ports['plain']}",
        NODE_EXTRA_CA_CERTS=str(ingest.folder / "ca.pem"),
    )
    try:
        running.api.start()
        running.storefront.build()
        running.storefront.start()
        yield running
    finally:
        running.end()


@pytest.fixture(scope="module")
def chromium(ingest: Ingest) -> Iterator[Browser]:
    with chromium_without_network({INGEST_HOST: ingest.ports["tls"]}) as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser, watched: RunningStore) -> Iterator[Page]:
    context = chromium.new_context(base_url=watched.address)
    context.add_cookies([{"name": "session", "value": COOKIE, "url": watched.address}])
    yield context.new_page()
    context.close()


def sdk_has_started(page: Page) -> None:
    # Not by wait_for_function, which evaluates a text in the page: the policy forbids that.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not page.evaluate("Boolean(window.__SENTRY__)"):
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)
    page.wait_for_timeout(500)


def pay(page: Page) -> None:
    page.goto("/checkout")
    sdk_has_started(page)
    for name, value in CUSTOMER.items():
        page.get_by_label(name).fill(value)
    page.get_by_role("button", name="Pay").click()


def test_the_policy_allows_the_host_of_the_stores_own_sentry(watched: RunningStore) -> None:
    for path in ("/", "/cart"):
        policy = directives_of(
            ask(watched.storefront.port, path).headers["Content-Security-Policy"]
        )
        hosts = [source for source in policy["connect-src"] if "sentry" in source]
        assert hosts == [f"https://{INGEST_HOST}"], path


def test_one_failing_request_is_one_trace_from_browser_to_api(
    page: Page, watched: RunningStore, ingest: Ingest
) -> None:
    pay(page)

    [api] = ingest.wait_for(lambda: ingest.errors("python"))
    trace = api["contexts"]["trace"]["trace_id"]
    server = ingest.wait_for(lambda: ingest.errors("node", trace))
    browser = ingest.wait_for(lambda: ingest.errors("javascript", trace))
    for event in (api, *server, *browser):
        assert (event["release"], event["environment"]) == (RELEASE, "preview")
    # What was thrown first is no Error, so it has no stack; the second is thrown a moment later.
    files = ingest.wait_for(lambda: files_of(ingest.errors("javascript", trace)))
    assert any("/_next/static/" in file for file in files), files
    ingest.wait_for(lambda: {"/checkout", "POST /checkout/pay"} <= segments_of(ingest, trace))
    for span in ingest.spans:
        named = {
            name: span["attributes"][f"sentry.{name}"]["value"]
            for name in ("release", "environment")
        }
        assert named == {"release": RELEASE, "environment": "preview"}
    assert f'"trace_id": "{trace}"' in watched.api.output


def test_a_page_made_for_each_request_shows_its_release(watched: RunningStore) -> None:
    """So `make live-check` sees which commit runs."""
    assert release_in(ask(watched.storefront.port, "/cart").text) == RELEASE


def test_nothing_of_a_customer_is_in_any_envelope(
    page: Page, watched: RunningStore, ingest: Ingest
) -> None:
    seen = len(ingest.envelopes)
    page.goto(UNMATCHED)
    sdk_has_started(page)
    for port in (watched.api.port, watched.storefront.port):
        assert ask(port, quote(UNMATCHED), headers=HEADERS).status == 404
    pay(page)

    def errors(platform: str) -> list[dict[str, Any]]:
        return ingest.errors(platform, since=seen)

    ingest.wait_for(lambda: errors("python") and len(errors("node")) >= 2)
    ingest.wait_for(lambda: len(errors("javascript")) >= 2)
    ingest.wait_for(lambda: "unmatched" in transactions(ingest))
    # What the SDKs still hold back leaves with the page, and with the servers.
    page.goto("about:blank")
    watched_kinds = {
        part["item"]["type"] for envelope in ingest.envelopes for part in envelope["parts"][1:]
    }
    assert {"event", "span", "transaction"} <= watched_kinds
    for envelope in ingest.envelopes:
        sent = envelope["text"] + json.dumps(envelope["headers"])
        found = [value for value in PRIVATE if value in sent]
        assert not found, f"{found} in {sent}"


def test_a_page_that_cannot_be_made_is_reported_by_whoever_saw_it(
    page: Page, watched: RunningStore, ingest: Ingest
) -> None:
    seen = len(ingest.envelopes)
    query(watched.store, watched.postgres.url, "ALTER TABLE products RENAME TO products_elsewhere")
    try:
        page.goto("/products/never-seen-before")
        page.get_by_role("heading", name="Something went wrong").wait_for()
        api, *_ = ingest.wait_for(lambda: ingest.errors("python", since=seen))
        server, *_ = ingest.wait_for(lambda: ingest.errors("node", since=seen))
        browser, *_ = ingest.wait_for(lambda: ingest.errors("javascript", since=seen))
    finally:
        query(
            watched.store, watched.postgres.url, "ALTER TABLE products_elsewhere RENAME TO products"
        )
    assert api["contexts"]["trace"]["trace_id"] == server["contexts"]["trace"]["trace_id"]
    assert api["transaction"] == "/products/{slug}"
    assert server["transaction"] == "GET /products/[slug]"
    assert browser["transaction"] == "/products/:slug"
    assert browser["contexts"]["browser"]["name"] == "Chrome"
    # React gives the browser's error no stack.
    for event in (api, server):
        frame = event["exception"]["values"][0]["stacktrace"]["frames"][-1]
        assert frame["filename"].endswith((".py", ".pyx", ".js"))
        assert frame["lineno"] > 0
    assert server["exception"]["values"][0]["value"].startswith("The API answered 500 to GET")
    assert browser["exception"]["values"][0]["mechanism"]["handled"]


def test_an_error_before_the_sdk_is_there_is_delivered(page: Page, ingest: Ingest) -> None:
    seen = len(ingest.envelopes)
    page.add_init_script(
        "addEventListener('load', () => {"
        "  window.early = !window.__SENTRY__;"
        "  throw new TypeError('Failed to fetch what Annegret Muster bought');"
        "})"
    )
    page.goto("/")
    [event] = ingest.wait_for(
        lambda: [
            event
            for event in ingest.errors("javascript", since=seen)
            if event["exception"]["values"][0]["type"] == "TypeError"
        ]
    )
    assert page.evaluate("window.early")
    [error] = event["exception"]["values"]
    assert error["value"] == "Failed to fetch"
    assert error["mechanism"] == {"type": "before_sdk", "handled": False}


def test_health_checks_are_not_traced(watched: RunningStore, ingest: Ingest) -> None:
    for path in ("/livez", "/readyz"):
        assert ask(watched.api.port, path).status == 200
    assert ask(watched.api.port, "/cart").status == 200
    ingest.wait_for(lambda: "/cart" in transactions(ingest))
    assert not {"/livez", "/readyz"} & transactions(ingest)


def test_source_maps_go_to_sentry_under_the_release_and_to_no_customer(
    watched: RunningStore, ingest: Ingest
) -> None:
    uploads = [
        json.loads(line) for line in (ingest.folder / "uploads.jsonl").read_text().splitlines()
    ]
    bundles = [upload["body"] for upload in uploads if upload["step"] == "artifactbundle"]
    assert bundles
    assert {bundle["version"] for bundle in bundles} == {RELEASE}
    assert {tuple(bundle["projects"]) for bundle in bundles} == {("luma-store-storefront",)}
    static = watched.store / "storefront/.next/static"
    assert any(static.rglob("*.js"))
    assert not any(static.rglob("*.map"))


def transactions(ingest: Ingest) -> set[str]:
    return {event["transaction"] for event in ingest.events if event.get("type") == "transaction"}


def segments_of(ingest: Ingest, trace: str) -> set[str]:
    return {
        span["name"] for span in ingest.spans if span["is_segment"] and span["trace_id"] == trace
    }


def files_of(events: list[dict[str, Any]]) -> set[str]:
    errors = [error for event in events for error in event["exception"]["values"]]
    return {
        frame["filename"]
        for error in errors
        for frame in error.get("stacktrace", {}).get("frames", [])
        if frame["lineno"] > 0
    }
