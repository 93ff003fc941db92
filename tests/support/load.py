"""Customers, readers and an admin who use a store at once and note every wrong answer.

The admin's prices only rise. So a reader knows which ones can be right: none below the last that
was acknowledged before the question, and none above the last that was tried before the answer.
A write without an acknowledgement may have happened or not.
"""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Any, Self

from support.running_store import Answer, RunningStore, ask

REPRICED, STEADY = "stoneware-cup-candle", "stoneware-mug-pair"
READINGS = ("/products?limit=100", f"/products/{REPRICED}", f"/products/{STEADY}", "/products?q=a")
CUSTOMERS, READERS = 6, 3
PAUSE_SECONDS = 0.4
ROUNDS_PER_PRICE = 4
# A cart may be changed 120 times a minute.
FULL_CART = 40
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Visit:
    """A request and how it ended: with an answer, or with an error instead."""

    method: str
    path: str
    began: float
    ended: float
    answer: Answer | None
    error: Exception | None

    @property
    def status(self) -> int:
        """Return the answer's status; 0 where there was none."""
        return self.answer.status if self.answer else 0

    @property
    def seconds(self) -> float:
        """Return how long it took."""
        return self.ended - self.began

    def __str__(self) -> str:
        end = self.answer.body[:200] if self.answer else self.error
        return f"{self.method} {self.path}: {self.status} in {self.seconds:.2f} s, {end!r}"


class Wire:
    """Sends requests to one door of the store and keeps how each ended."""

    def __init__(self, port: int, prefix: str = "") -> None:
        self._port, self._prefix = port, prefix
        self.visits: list[Visit] = []

    def send(
        self, path: str, method: str = "GET", body: object = None, **headers: str
    ) -> Answer | None:
        """Send a request; return nothing when there is no answer."""
        answer, error, began = None, None, time.monotonic()
        fields = {name.replace("_", "-"): value for name, value in headers.items() if value}
        if body is not None:
            fields["Content-Type"] = "application/json"
        sent = None if body is None else json.dumps(body)
        try:
            answer = ask(self._port, self._prefix + path, method, headers=fields, body=sent)
        except (OSError, http.client.HTTPException) as failure:
            error = failure
        self.visits.append(Visit(method, path, began, time.monotonic(), answer, error))
        return answer


@dataclass
class Cart:
    """What a customer has put into a cart for sure, and what perhaps."""

    wire: Wire
    cookie: str = ""
    sure: Counter[str] = field(default_factory=Counter)
    perhaps: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        # Limits count new carts by address.
        self._address = f"2001:db8::{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}"

    def add(self, product: str) -> None:
        """Add one piece, and check what the answer says of the whole cart."""
        answer = self._send("/cart/items", "POST", {"product_id": product, "quantity": 1})
        if answer is None or answer.status != 200:
            # Without a cookie nobody ever sees what was added.
            self.perhaps[product] += bool(self.cookie)
            return
        self.sure[product] += 1
        self.cookie = SimpleCookie(answer.headers["Set-Cookie"])["cart"].value
        self._check(answer)

    def look(self) -> int:
        """Check what is in the cart; return the status."""
        answer = self._send("/cart")
        if answer is not None and answer.status == 200:
            self._check(answer)
        return answer.status if answer else 0

    def _send(self, path: str, method: str = "GET", body: object = None) -> Answer | None:
        cookie = f"cart={self.cookie}" if self.cookie else ""
        return self.wire.send(path, method, body, Cookie=cookie, X_Forwarded_For=self._address)

    def _check(self, answer: Answer) -> None:
        held = {item["product_id"]: item["quantity"] for item in json.loads(answer.body)["items"]}
        for product in held.keys() | self.sure.keys():
            least, quantity = self.sure[product], held.get(product, 0)
            most = least + self.perhaps[product]
            assert least <= quantity <= most, f"{quantity} of {product}, not {least} to {most}"


class Customer:
    """Fills one cart after the other."""

    def __init__(self, wire: Wire, products: list[str]) -> None:
        self._wire, self._products = wire, itertools.cycle(products[:5])
        self.carts = [Cart(wire)]

    def __call__(self) -> None:
        """Add something and look into the cart."""
        if sum(self.carts[-1].sure.values()) >= FULL_CART:
            self.carts.append(Cart(self._wire))
        self.carts[-1].add(next(self._products))
        self.carts[-1].look()


class Catalogue:
    """What the catalogue says, with a price that an admin raises again and again."""

    def __init__(self, wire: Wire, admin: Wire, token: str) -> None:
        self._wire, self._admin, self._token = wire, admin, token
        self._first = {path: self._read(path) for path in READINGS}
        product = self._first[f"/products/{REPRICED}"]
        self.tried = self.acknowledged = product["price_minor"]
        self._rounds = itertools.count()
        given = {"id", "slug", "created_at", "updated_at"}
        self._change = {name: product[name] for name in product.keys() - given}

    @property
    def products(self) -> list[str]:
        """Return the ids of products of which no cart can take the last one."""
        items = self._first[READINGS[0]]["items"]
        return [item["id"] for item in items if item["stock"] >= FULL_CART]

    def reader(self) -> Callable[[], None]:
        """Return what reads one path after the other."""
        paths = itertools.cycle(READINGS)
        return lambda: self.check(next(paths))

    def check(self, path: str) -> None:
        """Read a path and compare the answer with what it has to be."""
        least = self.acknowledged
        answer = self._wire.send(path)
        if answer is None or answer.status != 200:
            return
        rest, price = _without_price(json.loads(answer.body))
        assert rest == _without_price(self._first[path])[0], f"{path}: {rest}"
        if price is not None:
            assert least <= price <= self.tried, f"{path}: {price}, not {least} to {self.tried}"

    def raise_price(self) -> None:
        """Save the next price."""
        self.tried += 1
        change = {**self._change, "price_minor": self.tried}
        token = f"Bearer {self._token}"
        path = f"/admin/products/{REPRICED}"
        answer = self._admin.send(path, "PUT", change, Authorization=token)
        if answer is not None and answer.status == 200:
            self.acknowledged = self.tried

    def raise_price_at_times(self) -> None:
        """Save the next price now and then: each has the storefront make its pages again."""
        if next(self._rounds) % ROUNDS_PER_PRICE == 0:
            self.raise_price()

    def _read(self, path: str) -> Any:
        answer = self._wire.send(path)
        assert answer is not None
        assert answer.status == 200, answer
        return json.loads(answer.body)


def _without_price(body: dict[str, Any]) -> tuple[list[dict[str, Any]], int | None]:
    """Part what a new price changes from what stays."""
    items: list[dict[str, Any]] = body.get("items", [body])
    price = next((item["price_minor"] for item in items if item["slug"] == REPRICED), None)
    changing = {"price_minor", "updated_at"}
    return [
        {key: item[key] for key in item.keys() - (changing if item["slug"] == REPRICED else set())}
        for item in items
    ], price


class Load:
    """Everyone at work, each in a thread; on leaving, every cart is looked into once more."""

    def __init__(self, store: RunningStore, wire: Wire | None = None, *, admin: bool = True):
        self.api = Wire(store.api.port)
        self.shop = wire or self.api
        token = store.api.environment["ADMIN_TOKEN"]
        self.catalogue = Catalogue(self.shop, self.api, token)
        self.customers = [Customer(self.shop, self.catalogue.products) for _ in range(CUSTOMERS)]
        steps: list[Callable[[], Any]] = [*self.customers]
        steps += [self.catalogue.reader() for _ in range(READERS)]
        steps += [lambda: self.api.send("/livez")]
        steps += [self.catalogue.raise_price_at_times] if admin else []
        self.problems: list[str] = []
        self._rounds = [0] * len(steps)
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(number, step), daemon=True)
            for number, step in enumerate(steps)
        ]

    def __enter__(self) -> Self:
        """Let everyone begin, and wait until each has been served."""
        for thread in self._threads:
            thread.start()
        self.go_on()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let everyone end; nobody may have seen anything wrong, and no cart may be lost."""
        self._ended.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)
        if error is not None:
            return
        assert not self.problems, "\n".join(self.problems)
        carts = [cart for customer in self.customers for cart in customer.carts]
        assert all(cart.sure for cart in carts)
        assert [cart.look() for cart in carts] == [200] * len(carts)

    @property
    def visits(self) -> list[Visit]:
        """Return everything that was asked so far."""
        return [*self.api.visits, *(self.shop.visits if self.shop is not self.api else [])]

    def go_on(self, rounds: int = 3) -> None:
        """Wait until everyone has asked a few times more, whatever the answer."""
        wanted = [done + rounds for done in self._rounds]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(done < goal for done, goal in zip(self._rounds, wanted, strict=True)):
            assert not self.problems, "\n".join(self.problems)
            assert time.monotonic() < deadline, self._rounds
            time.sleep(PAUSE_SECONDS / 2)

    def _repeat(self, number: int, step: Callable[[], Any]) -> None:
        while not self._ended.wait(PAUSE_SECONDS):
            try:
                step()
            except Exception as error:
                # The test fails with it, in its own thread.
                self.problems.append(f"{type(error).__name__}: {error}")
            self._rounds[number] += 1
