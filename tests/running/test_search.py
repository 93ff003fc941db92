"""Search in a full catalogue: what a deploy and a crowd that searches do to everyone else."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from hashlib import md5

import pytest
from support.keepalive import Connection, request
from support.running_store import (
    Api,
    Installed,
    Postgres,
    Valkey,
    backing,
    environment_of,
    free_port,
    query,
    run,
)
from tools.dev.environment import Addresses

PRODUCTS = 10_000
BEFORE_SEARCH = "0001"
# Of a later release, whose code serves here: what it reads is there already.
LATER_COLUMNS = """
ALTER TABLE products
    ADD image_alt varchar NOT NULL DEFAULT '', ADD gallery jsonb NOT NULL DEFAULT '[]',
    ADD category varchar, ADD materials varchar[] NOT NULL DEFAULT '{}',
    ADD dimensions jsonb, ADD stock integer
"""
SEARCHERS, SEARCH_SECONDS = 40, 5.0
PAUSE_SECONDS = 0.05
# In which everyone's connections are opened, down to Key Value.
OPENING_SECONDS = 1.5

# 2 kB of words each, of which some are in most products and most are in few. Rows may not all be
# made with one random text, so the inner query depends on the product.
FILL = f"""
INSERT INTO products (id, slug, name, description, price_minor, currency, active)
SELECT gen_random_uuid(), 'product-' || p, 'Weißer Becher ' || p, (
    SELECT string_agg(
        translate(substr(md5(n::text), 1, 3 + n % 7), '0123456789', 'ghijklmnop'), ' ')
    FROM (SELECT floor(power(20000, random()))::int AS n FROM generate_series(1, 280 + p * 0))
), 100, 'EUR', true FROM generate_series(1, {PRODUCTS}) AS p
"""  # noqa: S608
WRONG = """
SELECT count(*) FROM products LEFT JOIN product_search ON product_id = id
WHERE words IS DISTINCT FROM product_words(name, description)
"""
VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_product_search_words'::regclass"


def word(number: int) -> str:
    """Return a word of the descriptions; the higher the number, the rarer it is."""
    letters = md5(str(number).encode(), usedforsecurity=False).hexdigest()
    return letters[: 3 + number % 7].translate(str.maketrans("0123456789", "ghijklmnop"))


@dataclass(frozen=True)
class Shop:
    """An API with its PostgreSQL and Key Value."""

    api: Api
    postgres: Postgres
    valkey: Valkey

    def ask(self, *statements: str) -> list[object]:
        """Return the first value of each statement."""
        return query(self.api.store, self.postgres.url, *statements)


@pytest.fixture(scope="module")
def shop(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Return a shop full of products, as it is before the deploy that brings the search."""
    store, folder = installed(enable_logrocket=True), tmp_path_factory.mktemp("search")
    with backing(store, folder) as (postgres, valkey):
        addresses = Addresses(free_port(), free_port(), postgres.url, valkey.url)
        environment = environment_of(store, addresses, {"WEB_CONCURRENCY": "2"})
        api = Api(store, environment, folder / "api.log", addresses.api_port)
        run(["alembic", "upgrade", BEFORE_SEARCH], api.folder(), environment)
        shop = Shop(api, postgres, valkey)
        shop.ask(LATER_COLUMNS, "SELECT setseed(0.5)::text", FILL, "ANALYZE products")
        api.start()
        try:
            yield shop
        finally:
            api.kill()


@pytest.fixture
def searchable(shop: Shop) -> Shop:
    """Return the same shop after the deploy."""
    shop.api.migrate()
    return shop


class Visitors:
    """Ask one thing after the other, each over a connection of their own, until they are told."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ended = asyncio.Event()
        self.waits: dict[str, list[float]] = {}
        self.refused: list[str] = []

    async def visit(self, name: str, pause: float, write: Callable[[], bytes]) -> None:
        """Send what is written each time, and note how long the answer takes."""
        async with Connection(self._port) as connection:
            while not self._ended.is_set():
                message, began = write(), time.monotonic()
                reply = await connection.send(message)
                self.waits.setdefault(name, []).append(time.monotonic() - began)
                if reply.status not in {200, 201}:
                    self.refused.append(f"{message[:80]!r}: {reply.status} {reply.body!r}")
                await asyncio.sleep(pause)

    async def during(self, visits: list[Awaitable[None]], doing: Awaitable[object]) -> None:
        """Let all of them visit while something is done."""
        async with asyncio.TaskGroup() as group:
            for visit in visits:
                group.create_task(visit)  # type: ignore[arg-type]
            await doing
            self._ended.set()

    def __str__(self) -> str:
        lines = (
            f"{name}: {len(waits)}, median {sorted(waits)[len(waits) // 2]:.3f} s,"
            f" p99 {sorted(waits)[int(len(waits) * 0.99)]:.3f} s, longest {max(waits):.3f} s"
            for name, waits in self.waits.items()
        )
        return "\n".join(lines)


def others(visitors: Visitors) -> list[Awaitable[None]]:
    """Return who reads what is in no cache, what is in it, and what a host asks for."""
    numbers = itertools.count(1)
    return [
        visitors.visit("page", PAUSE_SECONDS, lambda: get(f"/products/product-{next(numbers)}")),
        visitors.visit("list", PAUSE_SECONDS, lambda: get("/products")),
        visitors.visit("cart", PAUSE_SECONDS, lambda: get("/cart")),
        visitors.visit("ready", PAUSE_SECONDS, lambda: get("/readyz")),
    ]


def get(path: str) -> bytes:
    return request("GET", path)


def admin(api: Api) -> Callable[[], bytes]:
    """Return what writes a new product, and then a change of an old one, and so on."""
    token = {"Authorization": f"Bearer {api.environment['ADMIN_TOKEN']}"}
    numbers = itertools.count(1)

    def write() -> bytes:
        number = next(numbers)
        body: dict[str, object] = {
            "name": f"Große Schüssel {number}",
            "description": uuid.uuid4().hex,
        }
        body |= {"price_minor": 100, "currency": "EUR"}
        if number % 2:
            slug = {"slug": f"new-{number}"}
            return request("POST", "/admin/products", json.dumps(body | slug).encode(), **token)
        path = f"/admin/products/product-{number * 37 % PRODUCTS + 1}"
        return request("PUT", path, json.dumps(body).encode(), **token)

    return write


def test_a_full_shop_gets_its_search_while_it_is_open(shop: Shop) -> None:
    """What it serves meanwhile never asks for the search, like the release before it."""

    async def deploy() -> tuple[Visitors, float]:
        visitors = Visitors(shop.api.port)
        visits = [*others(visitors), visitors.visit("admin", 0.02, admin(shop.api))]
        began = time.monotonic()
        await visitors.during(visits, asyncio.to_thread(shop.api.migrate))
        return visitors, time.monotonic() - began

    visitors, seconds = asyncio.run(deploy())
    print(f"{visitors}\nThe deploy took {seconds:.1f} s.")

    assert visitors.refused == []
    # Whom it locked out would wait for most of it.
    longest = {name: max(waits) for name, waits in visitors.waits.items() if name != "admin"}
    assert {name: wait for name, wait in longest.items() if wait > seconds / 4} == {}
    assert shop.ask(WRONG, VALID) == [0, True]


def test_a_crowd_that_searches_keeps_nobody_waiting(searchable: Shop) -> None:
    numbers = list(range(20, 20_000))
    random.Random(1).shuffle(numbers)  # noqa: S311
    rest = iter(numbers)

    async def search() -> Visitors:
        visitors = Visitors(searchable.api.port)
        searches = [
            visitors.visit("search", 0, lambda: get(f"/products?q={word(next(rest))}"))
            for _ in range(SEARCHERS)
        ]
        await visitors.during([*searches, *others(visitors)], measured(visitors))
        return visitors

    async def measured(visitors: Visitors) -> None:
        await asyncio.sleep(OPENING_SECONDS)
        visitors.waits.clear()
        await asyncio.sleep(SEARCH_SECONDS)

    visitors = asyncio.run(search())
    print(visitors)

    assert visitors.refused == []
    searches = sorted(visitors.waits.pop("search"))
    assert len(searches) > SEARCHERS
    # As a ratio, because both depend on the machine. Whoever queued behind the searches would wait
    # as long as they do. The slowest waited for the machine's other work.
    mostly = {name: sorted(waits)[len(waits) * 75 // 100] for name, waits in visitors.waits.items()}
    usual = searches[len(searches) // 2]
    assert {name: wait for name, wait in mostly.items() if wait > usual / 2} == {}
