import asyncio
import io
import json
import logging
import time
from contextlib import suppress
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from render.api import health, service

from app.main import create_app
from app.products import endpoints as products
from app.settings import Settings
from tests.conftest import MakeClient


def assert_problem(response: Any, status: int) -> None:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert body["title"]
    assert "Traceback" not in response.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/products/", 404),
        ("GET", "/products/no-such", 404),
        ("GET", "/products/No%2FSuch", 404),
        ("DELETE", "/products", 405),
        ("GET", "/products?limit=0", 422),
        ("GET", "/products?limit=101", 422),
        ("GET", "/products?q=%00", 422),
        ("GET", "/products/%00", 422),
        ("GET", "/products?cursor=x", 400),
        ("GET", "/products/%ff", 404),
        ("POST", "/cart/items", 422),
        ("PATCH", "/cart/items/x", 422),
        ("POST", "/admin/products", 401),
    ],
)
def test_errors_are_problem_details(
    client: TestClient, method: str, path: str, status: int
) -> None:
    assert_problem(client.request(method, path), status)


def test_a_refused_method_names_the_allowed_ones(client: TestClient) -> None:
    assert client.delete("/products").headers["allow"] == "GET"


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[]", b'{"product_id": NaN}', b"[" * 100_000])
def test_a_malformed_body_is_a_problem(client: TestClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = client.post("/cart/items", content=body, headers=headers)

    assert_problem(response, response.status_code)
    assert response.status_code in {400, 422}


def test_validation_names_the_field_and_not_its_value(client: TestClient) -> None:
    response = client.post("/cart/items", json={"product_id": "4242424242424242", "quantity": 0})

    assert {error["field"] for error in response.json()["errors"]} == {
        "body.product_id",
        "body.quantity",
    }
    assert "4242" not in response.text


def test_a_database_that_is_down_is_503(make_client: MakeClient, closed_port: int) -> None:
    client = make_client(database_url=f"postgresql://store@127.0.0.1:{closed_port}/store")

    response = client.get("/products")

    assert_problem(response, 503)
    assert response.headers["retry-after"] == "2"


def test_an_unforeseen_error_shows_nothing_of_itself(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("the secret is hunter2")

    monkeypatch.setattr(products, "_position", fail)

    response = client.get("/products")

    assert_problem(response, 500)
    assert "hunter2" not in response.text
    assert response.headers["x-request-id"]


def test_the_document_describes_errors_as_problem_details(client: TestClient) -> None:
    document = client.get("/openapi.json").json()

    assert "Problem" in document["components"]["schemas"]
    for path in document["paths"].values():
        for operation in path.values():
            assert "422" not in operation["responses"]
            assert list(operation["responses"]["4XX"]["content"]) == ["application/problem+json"]


def test_outside_a_laptop_the_document_is_not_served(make_client: MakeClient) -> None:
    assert_problem(make_client(environment="preview").get("/openapi.json"), 404)


def test_each_request_is_one_line_of_json(make_client: MakeClient) -> None:
    client = make_client(render_git_commit="0123abc")
    lines = io.StringIO()
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(lines)

    client.get("/products/no-such?q=private", headers={"X-Request-Id": "given-by-the-edge"})
    client.get("/livez")

    [entry] = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert entry["path"] == "/products/{slug}"
    assert (entry["method"], entry["status"]) == ("GET", 404)
    assert (entry["release"], entry["environment"]) == ("0123abc", "local")
    assert entry["request_id"] == "given-by-the-edge"
    assert entry["duration_ms"] > 0
    assert "private" not in lines.getvalue()


def client_for(port: int) -> TestClient:
    settings = Settings(
        environment="local",
        database_url=f"postgresql://store@127.0.0.1:{port}/store",
        cache_url=f"redis://127.0.0.1:{port}",
        admin_token="token",
        media_folder="shop/local",
    )
    return TestClient(create_app(settings))


def test_livez_needs_neither_database_nor_cache(closed_port: int) -> None:
    with client_for(closed_port) as client:
        response = client.get("/livez")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


def test_readyz_names_what_refuses_connections(closed_port: int) -> None:
    with client_for(closed_port) as client:
        response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable",
        "database": "unreachable",
        "cache": "unreachable",
    }


def test_readyz_does_not_wait_for_what_never_answers(silent_port: int) -> None:
    with client_for(silent_port) as client:
        start = time.monotonic()
        response = client.get("/readyz")
        elapsed = time.monotonic() - start

    assert response.status_code == 503
    assert response.json()["database"] == "unreachable"
    assert elapsed < health.TIME_LIMIT_SECONDS + 0.5


def test_readyz_stays_in_service_without_the_cache(
    make_client: MakeClient, closed_port: int
) -> None:
    response = make_client(cache_url=f"redis://127.0.0.1:{closed_port}").get("/readyz")

    assert response.status_code == 200
    assert response.json() == {"status": "degraded", "database": "ok", "cache": "unreachable"}


def test_a_call_ends_whose_answer_drips(closed_port: int) -> None:
    ended = asyncio.Event()

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while True:
                writer.write(b".")
                await writer.drain()
                await asyncio.sleep(0.2)
        writer.close()
        ended.set()

    async def call() -> float:
        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        url = f"127.0.0.1:{closed_port}"
        begun = time.monotonic()
        async with (
            server,
            service.connections(
                database_url=f"postgresql://store@{url}/store",
                database_pool_size=1,
                cache_url=f"redis://{url}",
                release="local",
            ) as held,
        ):
            with pytest.raises(httpx2.ReadTimeout):
                await held["http"].get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            await ended.wait()
        return time.monotonic() - begun

    assert asyncio.run(call()) < service.HTTP_SECONDS + 2
