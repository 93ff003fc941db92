import os
import socket
from collections.abc import Iterator

import pytest

# uvicorn imports app.main, which takes its settings at once; nothing is ever connected to these.
os.environ.update(
    ENVIRONMENT="local",
    DATABASE_URL="postgresql://store@127.0.0.1:1/store",
    CACHE_URL="redis://127.0.0.1:1",
)


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
