"""Checkout in a running store: everybody wants the last ones, and Stripe's rules judge each call.

The stand-in is the one that `make dev` runs. What it is asked is held against Stripe's description
of 2022-04, and what it answers and sends against Stripe's examples of 2026-08.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import pytest
from jsonschema import Draft7Validator
from support.descriptions import Description, load
from support.keepalive import Connection, Reply, request
from support.running_store import (
    Api,
    Installed,
    ask,
    backing,
    environment_of,
    free_port,
    query,
    run,
)
from tools.dev.environment import Addresses
from tools.dev.stripe_stand_in import RefusedError, StandIn

CUSTOMERS, PIECES, AT_ONCE = 500, 100, 50
PRICE, RATE = 4_000, 490
PAID_SECONDS = 60
ADDRESS = "https://api.stripe.com"
LATER_FIELDS = {"adaptive_pricing"}
"""What Stripe has had since 2022-04. `make check` holds them against the types of its SDK."""
ADMIN = {"Authorization": "Bearer local-only-admin-token", "Content-Type": "application/json"}


RECONCILE = """
import asyncio
from app.main import create_app
from app.orders.checkout import Checkout
from app.orders.reconciliation import reconcile_once
from app.settings import load_settings

async def reconcile():
    app = create_app(load_settings())
    async with app.router.lifespan_context(app) as held:
        await reconcile_once(Checkout(held))

asyncio.run(reconcile())
"""


class Account(StandIn):
    """The stand-in, with what it was asked."""

    def __init__(self, *arguments: str) -> None:
        super().__init__(*arguments)
        self.asked: list[tuple[str, str, list[tuple[str, str]]]] = []
        self.delay = 0.0

    def call(self, method: str, path: str, fields: Any, headers: Any) -> Any:
        """Carry a call out, and note it."""
        self.asked.append((method, path, fields))
        time.sleep(self.delay)
        answer = super().call(method, path, fields, headers)
        time.sleep(self.delay)
        return answer


@dataclass(frozen=True)
class Shop:
    """Two processes of the API with one database, and the account that customers pay into."""

    apis: tuple[Api, Api]
    account: Account
    database: str

    def ask(self, statement: str) -> Any:
        """Return the first value of a statement."""
        return query(self.apis[0].store, self.database, statement)[0]


@pytest.fixture(scope="module")
def shop(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    store, folder = installed(enable_logrocket=True), tmp_path_factory.mktemp("checkout")
    with backing(store, folder) as (postgres, valkey):
        ports = free_port(), free_port()
        webhook = f"http://127.0.0.1:{ports[0]}/webhooks/stripe"
        account = Account("sk_test_local_only", "whsec_local_only", webhook)
        server = account.serve(free_port())
        apis = []
        for number, port in enumerate(ports):
            addresses = Addresses(free_port(), port, postgres.url, valkey.url, server.server_port)
            environment = environment_of(store, addresses, {})
            apis.append(Api(store, environment, folder / f"api-{number}.log", port))
        apis[0].migrate()
        try:
            for api in apis:
                api.start()
            yield Shop((apis[0], apis[1]), account, postgres.url)
        finally:
            for api in apis:
                api.kill()
            server.shutdown()
            server.server_close()


def create(shop: Shop, slug: str, stock: int) -> str:
    body = {"slug": slug, "name": "Vase", "description": "", "price_minor": PRICE,
            "currency": "EUR", "stock": stock}  # fmt: skip
    port = shop.apis[0].port
    answer = ask(port, "/admin/products", "POST", headers=ADMIN, body=json.dumps(body))
    assert answer.status == 201, answer.text
    return str(json.loads(answer.body)["id"])


async def served(connection: Connection, message: bytes) -> Reply:
    """Send a request, again where the answer asks for that: so many at once are a lot."""
    while (reply := await connection.send(message)).status == 503:
        await asyncio.sleep(2)
    return reply


async def buy(shop: Shop, number: int, product: str, turn: asyncio.Semaphore) -> str:
    """Put the product into a cart, and pay it if that is possible; return how it ended."""
    async with turn, Connection(shop.apis[number % 2].port) as connection:
        who = {"X_Forwarded_For": f"198.51.{number // 250}.{number % 250}"}
        body = json.dumps({"product_id": product}).encode()
        added = await served(connection, request("POST", "/cart/items", body, **who))
        if added.status == 409:
            return "sold out"
        cookie = re.search(rb"set-cookie: (cart=\w+)", added.head)
        assert cookie, added
        body = json.dumps({"country": "DE", "total_minor": PRICE + RATE}).encode()
        who["Cookie"] = cookie[1].decode()
        begun = await served(connection, request("POST", "/checkout", body, **who))
        if begun.status == 409:
            return "sold out"
        assert begun.status == 200, begun
        session = json.loads(begun.body)["url"].rpartition("/")[2]
        await asyncio.to_thread(shop.account.choose, session, "pay")
        return "paid"


def orders_of(slug: str) -> str:
    """Return the end of a statement about the orders of a product."""
    return f"FROM orders JOIN order_items ON order_id = id WHERE slug = '{slug}'"


def test_the_last_pieces_are_sold_once(shop: Shop) -> None:
    product, before = create(shop, "last-vase", PIECES), set(shop.account.sessions)

    async def everybody() -> Counter[str]:
        turn = asyncio.Semaphore(AT_ONCE)
        return Counter(
            await asyncio.gather(*(buy(shop, each, product, turn) for each in range(CUSTOMERS)))
        )

    began = time.monotonic()
    ended = asyncio.run(everybody())
    sold = time.monotonic() - began
    of_the_vase = orders_of("last-vase")
    deadline = time.monotonic() + PAID_SECONDS
    while shop.ask(f"SELECT count(*) {of_the_vase} AND status = 'paid'") < PIECES:
        assert time.monotonic() < deadline
        time.sleep(0.2)

    print(f"{CUSTOMERS} customers took {sold:.1f} s for {PIECES} pieces")
    assert ended == {"paid": PIECES, "sold out": CUSTOMERS - PIECES}
    assert shop.ask("SELECT stock FROM products WHERE slug = 'last-vase'") == 0
    assert shop.ask(f"SELECT count(DISTINCT number) {of_the_vase}") == PIECES
    assert shop.ask(f"SELECT sum(total_minor) {of_the_vase}") == PIECES * (PRICE + RATE)
    sessions = [each for name, each in shop.account.sessions.items() if name not in before]
    assert [each["payment_status"] for each in sessions] == ["paid"] * PIECES


def test_a_killed_process_loses_neither_money_nor_pieces(shop: Shop) -> None:
    product, api = create(shop, "killed-vase", PIECES), shop.apis[1]
    before = set(shop.account.sessions)
    shop.account.delay = 0.05
    try:
        restart(api)
        began = time.monotonic()
        begin(api.port, product)
        whole = time.monotonic() - began
        for eighth in range(1, 9):
            restart(api)
            answer = threading.Thread(target=begin, args=(api.port, product))
            answer.start()
            time.sleep(whole * eighth / 8)
            api.kill()
            answer.join()
        api.start()
    finally:
        shop.account.delay = 0
    of_the_vase = orders_of("killed-vase")
    orders = shop.ask(f"SELECT count(*) {of_the_vase} AND status = 'open'")
    begun = [name for name in shop.account.sessions if name not in before]
    assert 0 < len(begun) <= orders

    shop.account.sends = False
    paid = begun[::2]  # whose addresses may have reached the customer
    for name in paid:
        shop.account.choose(name, "pay")
    shop.ask("UPDATE orders SET created_at = created_at - interval '1 hour' RETURNING 1")
    shop.account.now = lambda: time.time() + 3600
    run(["python", "-c", RECONCILE], api.folder(), api.environment)

    print(f"of {orders} orders {len(begun)} had a session")
    assert shop.ask(f"SELECT count(*) {of_the_vase} AND status = 'open'") == 0
    assert shop.ask(f"SELECT count(*) {of_the_vase} AND status = 'paid'") == len(paid)
    left = shop.ask("SELECT stock FROM products WHERE slug = 'killed-vase'")
    assert left == PIECES - len(paid)
    assert all(shop.account.find(name)["status"] != "open" for name in begun)
    shop.account.now, shop.account.sends = time.time, True


def restart(api: Api) -> None:
    api.kill()
    api.start()


def begin(port: int, product: str) -> None:
    """Begin to pay in a new cart; the answer may never come."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        json_type = {"Content-Type": "application/json"}
        body = json.dumps({"product_id": product})
        added = ask(port, "/cart/items", "POST", headers=json_type, body=body)
        cookie = {"Cookie": added.headers["Set-Cookie"].partition(";")[0]}
        body = json.dumps({"country": "DE", "total_minor": PRICE + RATE})
        ask(port, "/checkout", "POST", headers=json_type | cookie, body=body)


@pytest.fixture(scope="module")
def description() -> Description:
    return Description(load("stripe.2022-04.subset.openapi.json"), ADDRESS)


def nested(fields: list[tuple[str, str]]) -> Any:
    """Return form fields as the objects and lists that their names say."""
    found: dict[str, Any] = {}
    for name, value in fields:
        place: Any = found
        *parts, last = re.findall(r"[^\[\]]+", name)
        for part in parts:
            place = place.setdefault(part, {})
        place[last] = value
    return listed(found)


def listed(value: Any) -> Any:
    if not isinstance(value, dict):
        # Numbers and truth are text in a form.
        return json.loads(value) if re.fullmatch(r"\d{1,10}|true|false", value) else value
    inner = {name: listed(each) for name, each in value.items()}
    is_list = bool(inner) and list(inner) == [str(number) for number in range(len(inner))]
    return list(inner.values()) if is_list else inner


def test_stripe_has_described_each_call(shop: Shop, description: Description) -> None:
    product = create(shop, "described-vase", 2)
    turn = asyncio.Semaphore(1)
    assert asyncio.run(buy(shop, 1, product, turn)) == "paid"
    assert asyncio.run(leave(shop, product)) == 204

    calls = Counter(
        re.sub(r"cs_\w+", "ID", f"{method} {path}") for method, path, _ in shop.account.asked
    )
    assert set(calls) == {
        "POST /v1/checkout/sessions",
        "GET /v1/checkout/sessions/ID",
        "POST /v1/checkout/sessions/ID/expire",
    }
    for method, path, fields in shop.account.asked[-10:]:
        given = nested(fields)
        operation = description.operation(method, path)
        if method == "GET":
            assert set(given) <= {name.partition("[")[0] for name in operation["parameters"]}
            continue
        form = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        known = {name: each for name, each in given.items() if name not in LATER_FIELDS}
        assert list(description.strays(known, form)) == []
        assert [error.message for error in Draft7Validator(form).iter_errors(known)] == []


async def leave(shop: Shop, product: str) -> int:
    """Begin to pay, and think better of it; return how that was answered."""
    async with Connection(shop.apis[1].port) as connection:
        body = json.dumps({"product_id": product}).encode()
        added = await connection.send(request("POST", "/cart/items", body))
        cookie = re.search(rb"set-cookie: (cart=\w+)", added.head)
        assert cookie
        who = cookie[1].decode()
        body = json.dumps({"country": "DE", "total_minor": PRICE + RATE}).encode()
        assert (await connection.send(request("POST", "/checkout", body, Cookie=who))).status == 200
        return (await connection.send(request("DELETE", "/checkout", Cookie=who))).status


@pytest.fixture
def account() -> StandIn:
    """Return an account of whose sessions one is open."""
    account = StandIn("key", "secret", "http://127.0.0.1:1")
    account.sends = False
    return account


SESSION = (
    "mode=payment&success_url=https://shop.example/&cancel_url=https://shop.example/"
    "&line_items[0][quantity]=2&line_items[0][price_data][currency]=eur"
    "&line_items[0][price_data][unit_amount]=500"
    "&line_items[0][price_data][product_data][name]=Vase"
    "&shipping_address_collection[allowed_countries][0]=DE&metadata[order]=1"
)
BEARER = {"Authorization": "Bearer key"}


def call(account: StandIn, method: str, path: str, fields: str = "", **headers: str) -> Any:
    return account.call(method, path, parse_qsl(fields), {**BEARER, **headers})


def differences(shown: Any, example: Any, where: str = "") -> Iterator[str]:
    """Return fields that Stripe's example does not have, or has as something else."""
    if isinstance(shown, dict) and isinstance(example, dict) and example:
        for name, value in shown.items():
            if name not in example:
                yield f"{where}{name}"
            else:
                yield from differences(value, example[name], f"{where}{name}.")
    elif shown is not None and example is not None and type(shown) is not type(example):
        yield f"{where} is {type(shown).__name__} and not {type(example).__name__}"


def test_what_it_answers_looks_like_stripes(account: StandIn) -> None:
    examples = load("stripe.fixtures3.json")["resources"]
    created = call(account, "POST", "/v1/checkout/sessions", SESSION)
    account.choose(created["id"], "pay")
    account.refund(created["id"])
    path = f"/v1/checkout/sessions/{created['id']}"
    paid = call(account, "GET", path)
    whole = call(account, "GET", path, "expand[0]=payment_intent.latest_charge")

    for session in (created, paid):
        assert set(examples["checkout.session"]) == set(session)
        assert list(differences(session, examples["checkout.session"])) == []
    payment = whole["payment_intent"]
    charge = payment.pop("latest_charge")
    assert list(differences(payment, examples["payment_intent"])) == []
    assert list(differences(charge, examples["charge"])) == []
    for event in account.events:
        assert set(event) == set(examples["event"])
        assert list(differences({**event, "data": None}, examples["event"])) == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (f"{SESSION}&payment_method=card", "parameter_unknown"),
        (f"{SESSION}&line_items[0][colour]=red", "parameter_unknown"),
        (f"{SESSION}&metadata[a][b]=1", "parameter_unknown"),
        (SESSION.replace("=payment", "=gift"), "mode"),
        (SESSION.replace("=500", "=5.00"), "unit_amount"),
        (SESSION.replace("=2", "=0"), "quantity"),
        (SESSION.replace("[0]=DE", "[0]=Germany"), "allowed_countries"),
        (SESSION.replace("https://shop.example/", "/thanks", 1), "success_url"),
        (SESSION.partition("&line_items")[0], "parameter_missing"),
        (SESSION.replace("mode=payment&", ""), "parameter_missing"),
        (f"{SESSION}&line_items[1][quantity]=1&line_items[1][price_data][currency]=usd"
         "&line_items[1][price_data][unit_amount]=1", "line_items"),
        (f"{SESSION}&expires_at={int(time.time()) + 29 * 60}", "expires_at"),
        (f"{SESSION}&expires_at={int(time.time()) + 25 * 3600}", "expires_at"),
    ],
    # Each worker has to give a test the same name, and these hold the time.
    ids=lambda value: "" if "&" in value else value,
)  # fmt: skip
def test_it_refuses_what_stripe_refuses(account: StandIn, fields: str, told: str) -> None:
    with pytest.raises(RefusedError) as refused:
        call(account, "POST", "/v1/checkout/sessions", fields)
    error = refused.value.body["error"]
    assert (refused.value.status, error["type"]) == (400, "invalid_request_error")
    assert told in f"{error.get('code')} {error.get('param')}"
    assert account.sessions == {}


def test_a_key_belongs_to_one_request(account: StandIn) -> None:
    path = "/v1/checkout/sessions"
    first = call(account, "POST", path, SESSION, **{"Idempotency-Key": "1"})

    assert call(account, "POST", path, SESSION, **{"Idempotency-Key": "1"}) == first
    assert call(account, "POST", path, SESSION, **{"Idempotency-Key": "2"})["id"] != first["id"]
    with pytest.raises(RefusedError, match="Keys"):
        call(account, "POST", path, f"{SESSION}&metadata[a]=1", **{"Idempotency-Key": "1"})
    # What was refused is not remembered.
    with pytest.raises(RefusedError, match="Invalid"):
        call(account, "POST", path, SESSION.replace("=2", "=0"), **{"Idempotency-Key": "3"})
    assert call(account, "POST", path, SESSION, **{"Idempotency-Key": "3"})


def test_other_paths_and_keys_are_refused(account: StandIn) -> None:
    wrong = [("GET", "/v1/checkout/sessions"), ("POST", "/v1/refunds"), ("GET", "/v1/charges/1")]
    for method, path in wrong:
        with pytest.raises(RefusedError, match="Unrecognized"):
            call(account, method, path)
    with pytest.raises(RefusedError, match="No such"):
        call(account, "GET", "/v1/checkout/sessions/cs_1")
    with pytest.raises(RefusedError, match="Invalid API Key"):
        call(account, "GET", "/v1/checkout/sessions/cs_1", Authorization="Bearer other")


def test_only_an_open_session_ends(account: StandIn) -> None:
    name = call(account, "POST", "/v1/checkout/sessions", SESSION)["id"]
    path = f"/v1/checkout/sessions/{name}"
    assert call(account, "POST", f"{path}/expire")["status"] == "expired"
    with pytest.raises(RefusedError, match="expired"):
        call(account, "POST", f"{path}/expire")
    with pytest.raises(RefusedError, match="This session is expired"):
        account.choose(name, "pay")

    late = call(account, "POST", "/v1/checkout/sessions", SESSION)["id"]
    account.now = lambda: time.time() + 24 * 3600
    assert call(account, "GET", f"/v1/checkout/sessions/{late}")["status"] == "expired"
    assert [event["type"] for event in account.events] == ["checkout.session.expired"] * 2
