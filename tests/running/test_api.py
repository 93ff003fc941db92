"""The API under bad input and load, over HTTP."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import re
import socket
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cloudinary.utils import api_sign_request
from support.keepalive import Connection, Reply, request
from support.running_store import HOST, Api, Installed, ask, backing, environment_of, free_port, run
from tools.dev.environment import Addresses

SUPPORT = Path(__file__).parent.with_name("support")
# Twenty for each connection.
CARTS = 2_000
CONNECTIONS = 100
PATIENCE_SECONDS = 10
# Longer than uvicorn keeps an idle connection by itself.
IDLE_SECONDS = 6
# Of render/api/protocol.py.
RECEIVE_SECONDS = 10
LARGEST_HEAD = 64 * 1024
HALF_OPEN = 800
ONE_WRITE = 16 * 1024
# Beyond what the sockets' buffers take.
ENDLESS = 60 * 1024 * 1024
SIGNED_WITH = "cloudinary-secret"
COOKIE = re.compile(rb"\r\nset-cookie: (cart=[0-9a-f]{32});", re.IGNORECASE)
# Only the vendors can sign what webhooks take, and without an account nobody orders.
NEVER_SUCCEEDS = {
    ("POST", "/webhooks/cloudinary"),
    ("POST", "/webhooks/stripe"),
    ("POST", "/checkout"),
    ("DELETE", "/checkout"),
    ("GET", "/orders/{number}"),
}


@pytest.fixture(scope="module")
def api(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Return an API of its own, because it is filled with nonsense."""
    store, folder = installed(enable_logrocket=True), tmp_path_factory.mktemp("api")
    changes = {
        "CLOUDINARY_URL": f"cloudinary://key:{SIGNED_WITH}@cloud",
        "WEB_CONCURRENCY": "2",
    }
    with backing(store, folder) as (postgres, valkey):
        addresses = Addresses(free_port(), free_port(), postgres.url, valkey.url)
        environment = environment_of(store, addresses, changes)
        api = Api(store, environment, folder / "api.log", addresses.api_port)
        api.migrate()
        api.start()
        try:
            yield api
        finally:
            api.kill()


def test_a_proxy_may_use_a_connection_again_that_was_idle(api: Api) -> None:
    """A proxy that finds it closed under its request answers the customer with an error."""

    async def ask_again() -> list[int]:
        async with Connection(api.port) as connection:
            first = await connection.send(request("GET", "/products"))
            await asyncio.sleep(IDLE_SECONDS)
            return [first.status, (await connection.send(request("GET", "/products"))).status]

    assert asyncio.run(ask_again()) == [200, 200]


SPARSE = b"POST /cart/items HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
HEADS = {
    "header": (b"GET /products HTTP/1.1\r\nX-Long: ", b"a"),
    "headers": (b"GET /products HTTP/1.1\r\n", b"X-Short: a\r\n"),
    "address": (b"GET /products?q=", b"a"),
    "line breaks": (b"", b"\r\n"),
}
BESIDE_A_BODY = {
    "chunk extension": (SPARSE + b"1;", b"a"),
    "trailers": (SPARSE + b"0\r\n", b"X-Short: a\r\n"),
}


async def send_until_closed(api: Api, begun: bytes, more: bytes) -> int:
    """Return how many bytes could be sent."""
    _, writer = await asyncio.open_connection(HOST, api.port)
    sent, piece = 0, more * (ONE_WRITE // len(more))
    # Later, it would be closed because of the time.
    async with asyncio.timeout(0.8 * RECEIVE_SECONDS):
        writer.write(begun)
        with suppress(ConnectionError):
            while sent < ENDLESS:
                writer.write(piece)
                await writer.drain()
                sent += len(piece)
    writer.close()
    return sent


@pytest.mark.parametrize("endless", HEADS | BESIDE_A_BODY)
def test_a_request_is_not_read_without_an_end(api: Api, endless: str) -> None:
    assert asyncio.run(send_until_closed(api, *(HEADS | BESIDE_A_BODY)[endless])) < ENDLESS


@pytest.mark.parametrize("long", HEADS)
def test_a_head_that_is_too_long_is_refused(api: Api, long: str) -> None:
    """Nothing is sent after the byte that is too much: it would reset the connection."""
    begun, more = HEADS[long]
    head = (begun + more * LARGEST_HEAD)[: LARGEST_HEAD + 1]
    with socket.create_connection((HOST, api.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(head)
        answer = connection.recv(ONE_WRITE)

    assert answer.startswith(b"HTTP/1.1 431 ")


HALVES = [
    b"",
    b"GET /",
    b"GET /products HTTP/1.1\r\nHost: localhost\r\nX-Half: ",
    b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /liv",
    b"POST /cart/items HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n{",
]


def test_half_a_request_keeps_no_connection(api: Api) -> None:
    """Also one that grows: each byte would start another wait."""
    slowest = 0.0

    async def held(half: bytes) -> float:
        reader, writer = await asyncio.open_connection(HOST, api.port)
        begun = time.monotonic()
        writer.write(half)
        reading = asyncio.create_task(reader.read())
        with suppress(ConnectionError):
            while not (await asyncio.wait({reading}, timeout=1))[0]:
                writer.write(b"a" if half else b"\r\n")
            await reading
        writer.close()
        return time.monotonic() - begun

    async def attack() -> list[float]:
        nonlocal slowest
        attackers = asyncio.gather(*(held(HALVES[n % len(HALVES)]) for n in range(HALF_OPEN)))
        while not attackers.done():
            begun = time.monotonic()
            async with Connection(api.port) as connection:
                assert (await connection.send(request("GET", "/products"))).status == 200
            slowest = max(slowest, time.monotonic() - begun)
            await asyncio.sleep(0.1)
        return await attackers

    seconds = asyncio.run(asyncio.wait_for(attack(), 3 * RECEIVE_SECONDS))

    assert max(seconds) < RECEIVE_SECONDS + 5
    # None of them because it could not be read.
    assert min(seconds) > RECEIVE_SECONDS / 2
    assert slowest < 2
    assert "Traceback" not in api.output


@pytest.fixture
def products(api: Api) -> list[str]:
    """Return the ids of a few new products."""
    name = uuid.uuid4().hex
    return [create(api, f"{name}-{number}") for number in range(5)]


def create(api: Api, slug: str) -> str:
    body = {"slug": slug, "name": slug, "description": "", "price_minor": 100, "currency": "EUR"}
    answer = send(api, request("POST", "/admin/products", json.dumps(body).encode(), **token(api)))
    assert answer.status == 201, answer.body
    return str(json.loads(answer.body)["id"])


def token(api: Api) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.environment['ADMIN_TOKEN']}"}


def send(api: Api, message: bytes) -> Reply:
    async def exchange() -> Reply:
        async with Connection(api.port) as connection:
            return await connection.send(message)

    return asyncio.run(exchange())


def add(product: str, quantity: int, address: str, cookie: str = "") -> bytes:
    body = json.dumps({"product_id": product, "quantity": quantity}).encode()
    return request("POST", "/cart/items", body, X_Forwarded_For=address, Cookie=cookie)


def cookie_of(reply: Reply) -> str:
    found = COOKIE.search(reply.head)
    assert found is not None, reply
    return found[1].decode()


def contents(reply: Reply) -> dict[str, int]:
    assert reply.status == 200, reply
    return {item["product_id"]: item["quantity"] for item in json.loads(reply.body)["items"]}


def test_schemathesis_finds_nothing(api: Api, products: list[str], tmp_path: Path) -> None:
    begun = len(api.output)
    carts = [cookie_of(send(api, add(products[0], 1, f"192.0.2.{n}"))) for n in range(10)]
    known = {"PRODUCT_ID": products[0], "CART_COOKIES": " ".join(carts)}

    run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", str(SUPPORT / "schemathesis.toml")),
            *("run", "--no-color", f"http://127.0.0.1:{api.port}/openapi.json"),
        ],
        tmp_path,
        {
            **os.environ,
            **known,
            "ADMIN_TOKEN": api.environment["ADMIN_TOKEN"],
            "PYTHONPATH": str(SUPPORT.parent),
        },
        patience=300,
    )

    seen = answered(api.output[begun:])
    assert not [entry for entry in seen if entry[2] >= 500]
    succeeded = {(method, path) for method, path, status in seen if status < 300}
    assert operations(api) - succeeded == NEVER_SUCCEEDS


def answered(log: str) -> Counter[tuple[str, str, int]]:
    """Count what the API has logged, by method, path and status."""
    entries = (json.loads(line) for line in log.splitlines() if line.startswith("{"))
    return Counter(
        (entry["method"], str(entry["path"]), entry["status"])
        for entry in entries
        if "method" in entry
    )


def operations(api: Api) -> set[tuple[str, str]]:
    """Return the methods and paths that the API documents and logs."""
    paths: dict[str, dict[str, Any]] = json.loads(ask(api.port, "/openapi.json").body)["paths"]
    return {
        (method.upper(), path)
        for path, methods in paths.items()
        for method in methods
        if path not in {"/livez", "/readyz"}
    }


def test_thousands_of_carts_lose_nothing(api: Api, products: list[str]) -> None:
    wanted = [{products[number % len(products)]: number % 9 + 1} for number in range(CARTS)]
    additions = [
        add(product, quantity, f"2001:db8:1::{number:x}")
        for number, cart in enumerate(wanted)
        for product, quantity in cart.items()
    ]

    cookies = [cookie_of(reply) for reply in send_all(api, additions)]
    carts = send_all(api, [request("GET", "/cart", Cookie=cookie) for cookie in cookies])

    assert len(set(cookies)) == CARTS
    assert [contents(cart) for cart in carts] == wanted


def send_all(api: Api, messages: list[bytes]) -> list[Reply]:
    """Send requests over many connections, and return the answers in their order."""
    replies: dict[int, Reply] = {}
    waiting = iter(enumerate(messages))

    async def client() -> None:
        async with Connection(api.port) as connection:
            for number, message in waiting:
                replies[number] = await send_patiently(connection, message)

    async def clients() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(client())

    asyncio.run(clients())
    return [replies[number] for number in range(len(messages))]


async def send_patiently(connection: Connection, message: bytes) -> Reply:
    """Send a request again while the server is too busy, as it asks for, and so often at most."""
    for _ in range(PATIENCE_SECONDS):
        reply = await connection.send(message)
        if reply.status != 503:
            break
        await asyncio.sleep(2)
    return reply


@pytest.mark.parametrize(
    "forge",
    [
        lambda _mine: "cart=" + uuid.uuid4().hex,
        lambda mine: mine[:-1] + ("0" if mine[-1] != "0" else "1"),
        lambda mine: mine[:-1],
        lambda mine: f"cart={uuid.UUID(mine.removeprefix('cart='))}",
        lambda mine: mine + "%00",
        lambda _mine: "cart=' OR ''='",
        lambda _mine: "cart=" + "0" * 8000,
    ],
)
def test_another_cookie_reads_and_changes_nothing(
    api: Api, products: list[str], forge: Callable[[str], str]
) -> None:
    product, address = products[0], f"2001:db8:2::{uuid.uuid4().hex[:4]}"
    mine = cookie_of(send(api, add(product, 3, address)))
    forged, item = forge(mine), f"/cart/items/{product}"

    assert contents(send(api, request("GET", "/cart", Cookie=forged))) == {}
    changed = send(api, request("PATCH", item, b'{"quantity": 9}', Cookie=forged))
    assert changed.status == 404
    assert contents(send(api, request("DELETE", item, Cookie=forged))) == {}
    added = send(api, add(product, 1, address, cookie=forged))
    assert contents(added) == {product: 1}
    assert cookie_of(added) not in {mine, forged}
    assert contents(send(api, request("GET", "/cart", Cookie=mine))) == {product: 3}


@pytest.mark.parametrize(
    "change",
    [
        {"overwrite": "true"},
        {"public_id": "luma-store/production/logo"},
        {"upload_preset": "other"},
        {"tags": None},
        {"timestamp": int(time.time())},
    ],
    ids=lambda change: next(iter(change)),
)
def test_cloudinary_takes_no_other_upload_than_was_signed(api: Api, change: dict[str, Any]) -> None:
    signed = json.loads(send(api, request("POST", "/admin/uploads", b"", **token(api))).body)
    given, expiry = signed["parameters"], signed["expires_at"]
    changed = {name: value for name, value in (given | change).items() if value is not None}

    assert takes_upload(given, signed["signature"], now=expiry)
    assert not takes_upload(given, signed["signature"], now=expiry + 1)
    assert not takes_upload(changed, signed["signature"], now=expiry)


def takes_upload(parameters: dict[str, Any], signature: str, now: int) -> bool:
    """Judge as Cloudinary does: every parameter is signed, and no longer ago than an hour."""
    fresh = now - parameters["timestamp"] <= 3600
    return fresh and hmac.compare_digest(api_sign_request(parameters, SIGNED_WITH), signature)


ITEMS = "/cart/items"
PRODUCT_ID = uuid.UUID(int=1)
BAD_BODIES = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"{",
    b"null",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"product_id": "\\ud800", "quantity": 1}',
    b'{"product_id": "\xed\xa0\x80", "quantity": 1}',
    b'{"product_id": "%s", "quantity": %s}' % (str(PRODUCT_ID).encode(), b"9" * 5000),
    b'{"product_id": "%s", "quantity": 1e999}' % str(PRODUCT_ID).encode(),
    b'{"product_id": "%s", "quantity": NaN}' % str(PRODUCT_ID).encode(),
    b'{"product_id": "%s\\u0000", "quantity": 1}' % str(PRODUCT_ID).encode(),
    b'{"product_id": {"$ne": null}, "quantity": true}',
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: repr(body[:24]))
@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", ITEMS),
        ("PATCH", f"{ITEMS}/{PRODUCT_ID}"),
        ("POST", "/admin/products"),
        ("PUT", "/admin/products/chair"),
        ("POST", "/webhooks/cloudinary"),
    ],
)
def test_a_bad_body_is_the_clients_fault(api: Api, method: str, target: str, body: bytes) -> None:
    signed = {"X_Cld_Signature": "0" * 40, "X_Cld_Timestamp": "1"}
    reply = send(api, request(method, target, body, **token(api), **signed))

    assert 400 <= reply.status < 500, reply
    assert b"content-type: application/problem+json" in reply.head.lower()


GET_PRODUCTS = b"GET /products HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"GET /products/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 422),
        (b"GET /products/%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /products/%ed%a0%80 HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /products/%2e%2e%2f HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /products/" + b"a" * 300 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 422),
        (b"GET /products?q=%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 422),
        (b"GET /products?q=%ff HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
        (b"GET /products?limit=" + b"9" * 5000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 422),
        (b"GET /products?cursor=%ff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /products\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"\xff\xfe\x00\r\n\r\n", 400),
        (b"BREW /products HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (GET_PRODUCTS + b"X-Forwarded-For: \xff\xfe\r\n\r\n", 200),
        (GET_PRODUCTS + b"Cookie: cart=\xff; cart=; ;=\r\n\r\n", 200),
        (GET_PRODUCTS + b"X-Request-Id: " + b"a" * 60_000 + b"\r\n\r\n", 200),
        (GET_PRODUCTS + b"Content-Length: -1\r\n\r\n", 400),
        (GET_PRODUCTS + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (
            b"POST /cart/items HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999999\r\n\r\n",
            413,
        ),
    ],
    ids=lambda value: repr(value[:40]) if isinstance(value, bytes) else None,
)
def test_a_bad_request_is_the_clients_fault(api: Api, message: bytes, status: int) -> None:
    assert send(api, message).status == status
