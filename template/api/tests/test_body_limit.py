import asyncio

import pytest
from fastapi import HTTPException
from fastapi.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from app.body_limit import MAX_BYTES, BodyLimit
from tests.catalogue import ADMIN
from tests.conftest import MakeClient

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
