"""What several tests do with the catalogue, the cart, and PostgreSQL itself."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi.testclient import TestClient
from render.api.database import asyncpg_url
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import create_async_engine
from tools.dev.stripe_stand_in import StandIn

from app.products.models import Product
from tests.conftest import ADMIN_TOKEN

ADMIN = {"Authorization": f"Bearer {ADMIN_TOKEN}"}


def product(slug: str, **changes: Any) -> dict[str, Any]:
    return {
        "slug": slug,
        "name": slug.title(),
        "description": "",
        "price_minor": 1000,
        "currency": "EUR",
        **changes,
    }


def create(client: TestClient, slug: str, **changes: Any) -> dict[str, Any]:
    response = client.post("/admin/products", json=product(slug, **changes), headers=ADMIN)
    assert response.status_code == 201, response.text
    created: dict[str, Any] = response.json()
    return created


def replace(client: TestClient, slug: str, **changes: Any) -> None:
    response = client.put(f"/admin/products/{slug}", json=product(slug, **changes), headers=ADMIN)
    assert response.status_code == 200, response.text


def slugs(client: TestClient, **query: Any) -> list[str]:
    response = client.get("/products", params=query)
    assert response.status_code == 200, response.text
    return [item["slug"] for item in response.json()["items"]]


def add(client: TestClient, product: dict[str, Any], quantity: int = 1) -> Any:
    return client.post("/cart/items", json={"product_id": product["id"], "quantity": quantity})


def quantities(client: TestClient) -> dict[str, int]:
    items = client.get("/cart").json()["items"]
    return {item["slug"]: item["quantity"] for item in items}


RATE = 490


def checkout(client: TestClient, country: str = "DE", rate: int = RATE, **changes: Any) -> Any:
    """Begin to pay what the cart holds."""
    total = client.get("/cart").json()["total_minor"] + rate
    return client.post("/checkout", json={"country": country, "total_minor": total, **changes})


def begin(client: TestClient, product: dict[str, Any], quantity: int = 1) -> str:
    """Put a product into the cart and begin to pay; give the session's id."""
    assert add(client, product, quantity).status_code == 200
    response = checkout(client)
    assert response.status_code == 200, response.text
    return str(response.json()["url"].rpartition("/")[2])


def number_of(stripe: StandIn, session: str) -> str:
    return str(stripe.sessions[session]["success_url"].rpartition("/")[2])


def deliver(client: TestClient, stripe: StandIn, event: dict[str, Any]) -> int:
    body = json.dumps(event).encode()
    headers = {"Stripe-Signature": stripe.sign(body)}
    return client.post("/webhooks/stripe", content=body, headers=headers).status_code


def order(client: TestClient, number: str) -> dict[str, Any]:
    response = client.get(f"/orders/{number}")
    assert response.status_code == 200, response.text
    shown: dict[str, Any] = response.json()
    return shown


def stock(client: TestClient, slug: str) -> int | None:
    """Give the pieces that are left; the catalogue shows those of up to a minute ago."""

    async def read() -> int | None:
        async with client.app_state["sessions"]() as session:
            left: int | None = await session.scalar(
                select(Product.stock).where(Product.slug == slug)
            )
            return left

    assert client.portal
    return client.portal.call(read)


@contextmanager
def holding(url: str, statement: str) -> Iterator[None]:
    """Keep a transaction open that has done something."""
    engine = create_async_engine(asyncpg_url(url))
    with asyncio.Runner() as runner:
        connection = runner.run(engine.connect().start())
        try:
            runner.run(connection.execute(text(statement)))
            yield
        finally:
            runner.run(connection.close())
            runner.run(engine.dispose())
