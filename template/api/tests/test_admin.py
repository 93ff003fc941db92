import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.products import endpoints
from tests.conftest import MakeClient
from tests.helpers import ADMIN, create, product, replace

SECRET = "shared-with-the-storefront"
Call = tuple[str, dict[str, str], bytes]


@pytest.fixture
def storefront() -> Iterator[tuple[str, list[Call]]]:
    """Give the address of a storefront and the calls that it got."""
    calls: list[Call] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            calls.append((self.path, dict(self.headers.items()), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", calls
        server.shutdown()


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer wrong", "Basic YTpi", "Bearer \u00fcber", "Bearer x y"]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/products"),
        ("POST", "/admin/products"),
        ("PUT", "/admin/products/chair"),
        ("POST", "/admin/uploads"),
    ],
)
def test_without_the_token_nothing_is_changed(
    client: TestClient, method: str, path: str, header: str | None
) -> None:
    headers = {} if header is None else {b"Authorization": header.encode("latin-1")}
    response = client.request(method, path, json=product("chair"), headers=headers)

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert client.get("/products/chair").status_code == 404


def test_each_of_two_tokens_is_taken_and_no_other(make_client: MakeClient) -> None:
    client = make_client(admin_token="earlier,new,")
    given = ["earlier", "new", "other", "earlier,new", "earlier,new,", ""]
    statuses = [
        client.post(
            "/admin/products", json=product("chair"), headers={"Authorization": f"Bearer {token}"}
        ).status_code
        for token in given
    ]

    assert statuses == [201, 409, 401, 401, 401, 401]


def test_a_slug_is_given_once(client: TestClient) -> None:
    create(client, "chair")

    response = client.post("/admin/products", json=product("chair"), headers=ADMIN)

    assert response.status_code == 409


def test_all_products_are_listed_by_slug(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "LISTED", 2)
    for slug in ("stool", "chair", "table"):
        create(client, slug, active=slug != "stool")

    pages = [
        [each["slug"] for each in client.get(address, headers=ADMIN).json()]
        for address in ("/admin/products", "/admin/products?after=stool", "/admin/products?after=z")
    ]
    assert pages == [["chair", "stool"], ["table"], []]


def test_a_product_keeps_its_currency(client: TestClient) -> None:
    create(client, "chair")

    body = product("chair", currency="USD")
    response = client.put("/admin/products/chair", json=body, headers=ADMIN)

    assert response.status_code == 409


def test_an_unknown_product_is_not_replaced(client: TestClient) -> None:
    response = client.put("/admin/products/chair", json=product("chair"), headers=ADMIN)

    assert response.status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"price_minor": -1},
        {"price_minor": 2**31},
        {"price_minor": 1.5},
        {"currency": "eur"},
        {"slug": "../chair"},
        {"slug": "Chair"},
        {"name": ""},
        {"name": "a\x00b"},
        {"description": "\ud800"},
        {"image": "//elsewhere.example/a.png"},
        {"image": "https://elsewhere.example/a.png"},
        {"image": "../a.png"},
    ],
)
def test_an_unusable_product_is_refused(client: TestClient, changes: dict[str, Any]) -> None:
    body = json.dumps(product("chair") | changes)
    headers = ADMIN | {"Content-Type": "application/json"}

    assert client.post("/admin/products", content=body, headers=headers).status_code == 422


@pytest.mark.parametrize("secret", [SECRET, f"{SECRET},new"])
def test_the_storefront_is_told_of_each_change(
    make_client: MakeClient, storefront: tuple[str, list[Call]], secret: str
) -> None:
    origin, calls = storefront
    client = make_client(storefront_origin=origin, revalidate_secret=secret)

    create(client, "chair")
    replace(client, "chair", price_minor=2)

    assert [(path, body) for path, _, body in calls] == [("/revalidate", b'{"slug": "chair"}')] * 2
    for _, headers, body in calls:
        lower = {name.lower(): value for name, value in headers.items()}
        message = lower["x-revalidate-timestamp"].encode() + b"." + body
        wanted = hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
        assert lower["x-revalidate-signature"] == wanted


def test_a_storefront_that_is_down_fails_no_change(
    make_client: MakeClient, closed_port: int
) -> None:
    client = make_client(
        storefront_origin=f"http://127.0.0.1:{closed_port}", revalidate_secret=SECRET
    )

    create(client, "chair")

    assert client.get("/products/chair").status_code == 200
