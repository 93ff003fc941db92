"""Limits hold past the storefront: only it can prove that a request came through it."""

from __future__ import annotations

import hmac
import json
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from support.running_store import Answer, RunningStore, Server, Storefront, ask

SECRET = "s" * 32
NEW_SECRET = "n" * 32
# Per minute.
NEW_CARTS = 60
WRONG_TOKENS = 30


@pytest.fixture(scope="module")
def guarded(running_store: RunningStore) -> Iterator[RunningStore]:
    """Return the store with a secret that its API requires."""
    storefront, api = running_store.storefront, running_store.api
    for server in (storefront, api):
        server.kill()
    try:
        api.start(STOREFRONT_SECRET=SECRET, REQUIRE_STOREFRONT_SECRET="true")  # noqa: S106 - no secret
        storefront.start(STOREFRONT_SECRET=SECRET)
        yield running_store
    finally:
        for server in (storefront, api):
            server.kill()
            server.start()


@pytest.fixture(scope="module")
def product(guarded: RunningStore) -> str:
    """Return the id of a product."""
    return str(json.loads(ask(guarded.api.port, "/products").body)["items"][0]["id"])


def new_cart(door: Server, product: str, address: str = "", proof: str = "") -> Answer:
    """Put a product into a new cart, through the storefront or past it."""
    path = "/api/cart/items" if isinstance(door, Storefront) else "/cart/items"
    headers = {
        "Content-Type": "application/json",
        "X-Forwarded-For": address,
        "X-Storefront-Proof": proof,
    }
    body = json.dumps({"product_id": product, "quantity": 1})
    return ask(door.port, path, "POST", headers=headers, body=body)


def at_most(limit: int, begun: float) -> int:
    """Return how often a limit lets something pass, in the minutes that have begun since then."""
    return limit * (int(time.time() / 60) - int(begun / 60) + 1)


def test_past_the_storefront_few_carts_are_made(guarded: RunningStore, product: str) -> None:
    begun = time.time()
    seen = Counter(
        new_cart(
            guarded.api,
            product,
            f"198.51.{number // 250}.{number % 250}",
            ("", "rewrite", f"server {SECRET[1:]}")[number % 3],
        ).status
        for number in range(500)
    )

    assert 0 < seen[200] <= at_most(NEW_CARTS, begun)
    assert seen[429] == 500 - seen[200]


def test_customers_come_through_meanwhile(guarded: RunningStore, product: str) -> None:
    answers = [
        new_cart(guarded.storefront, product, f"203.0.113.{number}", "server invented")
        for number in range(2 * NEW_CARTS + 1)
    ]

    assert {answer.status for answer in answers} == {200}
    assert SECRET not in "".join(str(answer.headers) + answer.text for answer in answers)


def test_a_browser_that_sends_the_header_gains_nothing(guarded: RunningStore, product: str) -> None:
    begun = time.time()
    seen = Counter(
        new_cart(guarded.storefront, product, "192.0.2.1", f"server {SECRET}").status
        for _ in range(2 * NEW_CARTS + 1)
    )

    assert seen[200] <= at_most(NEW_CARTS, begun)
    assert seen.keys() == {200, 429}


def test_wrong_tokens_are_counted_together(guarded: RunningStore) -> None:
    def guess(number: int, token: str) -> int:
        headers = {"X-Forwarded-For": f"192.0.2.{number}", "Authorization": f"Bearer {token}"}
        return ask(guarded.api.port, "/admin/uploads", "POST", headers=headers).status

    begun = time.time()
    seen = Counter(guess(number, "wrong") for number in range(100))

    assert seen[401] <= at_most(WRONG_TOKENS, begun)
    assert seen[429] == 100 - seen[401]
    # Uploads are off: that is said to the admin only.
    assert guess(0, guarded.api.environment["ADMIN_TOKEN"]) == 503


def test_whoever_else_calls_is_answered(guarded: RunningStore, product: str) -> None:
    """Render asks for health, Cloudinary notifies, and a storefront may lack the code."""
    while new_cart(guarded.api, product).status == 200:
        pass
    signature = {"X-Cld-Signature": "0" * 40, "X-Cld-Timestamp": "1"}

    for _ in range(NEW_CARTS):
        for path in ("/livez", "/readyz", "/products", "/products?q=oak", "/cart"):
            assert ask(guarded.api.port, path).status == 200
        answer = ask(guarded.api.port, "/webhooks/cloudinary", "POST", headers=signature, body="{}")
        # There is no account whose signature it could be.
        assert answer.status == 404


def test_the_log_says_that_both_ways_have_been_seen(guarded: RunningStore) -> None:
    begun = guarded.api.output.rindex("The storefront's secret is required")
    assert ask(guarded.storefront.port, "/search?q=lamp").status == 200

    log = guarded.api.output[begun:]
    for way in ("rewrite", "server"):
        assert log.count(f"The storefront's secret arrives from its {way}") == 1
    assert SECRET not in guarded.api.output + guarded.storefront.output


def refresh(store: RunningStore, secret: str) -> int:
    """Ask for a fresh page, signed with a secret; return the status."""
    body, timestamp = json.dumps({"slug": "alder-lounge-chair"}), str(int(time.time()))
    signature = hmac.new(secret.encode(), f"{timestamp}.{body}".encode(), "sha256").hexdigest()
    headers = {"X-Revalidate-Timestamp": timestamp, "X-Revalidate-Signature": signature}
    return ask(store.storefront.port, "/revalidate", "POST", headers=headers, body=body).status


def test_while_a_secret_is_replaced_both_values_are_taken(
    guarded: RunningStore, product: str
) -> None:
    storefront, api = guarded.storefront, guarded.api
    for server in (storefront, api):
        server.kill()
    earlier_first, new_first = f"{SECRET},{NEW_SECRET}", f"{NEW_SECRET},{SECRET}"
    api.start(STOREFRONT_SECRET=earlier_first, REQUIRE_STOREFRONT_SECRET="true")  # noqa: S106 - no secret
    storefront.start(STOREFRONT_SECRET=new_first, REVALIDATE_SECRET=new_first)

    assert [refresh(guarded, secret) for secret in (SECRET, NEW_SECRET)] == [200, 200]
    assert [refresh(guarded, secret) for secret in (new_first, "other", SECRET[1:])] == [401] * 3
    answers = [
        new_cart(storefront, product, f"203.0.113.{number}") for number in range(2 * NEW_CARTS + 1)
    ]
    assert {answer.status for answer in answers} == {200}
