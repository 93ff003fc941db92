import asyncio
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from app import request_limits
from app.request_limits import MAX_BYTES, BodyLimit, TimeLimit
from tests.conftest import MakeClient
from tests.helpers import ADMIN

CHUNK = 64 * 1024
CLOUDINARY = {"X-Cld-Signature": "0" * 40, "X-Cld-Timestamp": "0"}
READERS = [
    ("POST", "/cart/items"),
    ("PATCH", "/cart/items/0b0e1c8e-0000-4000-8000-000000000000"),
    ("POST", "/admin/products"),
    ("PUT", "/admin/products/chair"),
    ("POST", "/webhooks/cloudinary"),
]


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    return make_client(cloudinary_url="cloudinary://key:secret@cloud")


@pytest.fixture
def slow_client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Return a client of an API that answers as late as it is asked to."""
    monkeypatch.setattr(request_limits, "MAX_SECONDS", 0.2)
    app = FastAPI()
    app.add_middleware(TimeLimit)

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
