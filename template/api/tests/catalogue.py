"""What several tests do with the catalogue."""

from typing import Any

from fastapi.testclient import TestClient

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
