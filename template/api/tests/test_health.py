import time

import pytest
from fastapi.testclient import TestClient

from app import health
from app.main import create_app
from app.settings import Settings


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
    assert elapsed < health.TIME_LIMIT + 0.5


def test_readyz_stays_in_service_without_the_cache(
    closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answers(_: object) -> None:
        return

    monkeypatch.setattr(health, "_ping_database", answers)
    with client_for(closed_port) as client:
        response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {"status": "degraded", "database": "ok", "cache": "unreachable"}
