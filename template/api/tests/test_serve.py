import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import API

STORE = API.parent
PATIENCE = 30

Serve = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Give the file that the server writes its log to."""
    return tmp_path / "log"


@pytest.fixture
def serve(log: Path) -> Iterator[Serve]:
    """Give a function that starts the API as its container does; its arguments are variables."""
    started = []
    script = (STORE / "render" / "serve.sh").read_text()
    script = script.replace("/srv", str(STORE)).replace("0.0.0.0", "127.0.0.1")  # noqa: S104

    def start(**variables: str) -> "subprocess.Popen[bytes]":
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(STORE), **variables}
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["sh", "-c", script],
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            # With its workers.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_request_that_is_under_way_is_answered_before_the_end(
    serve: Serve, log: Path, workers: int
) -> None:
    port = free_port()
    process = serve(PORT=str(port), WEB_CONCURRENCY=str(workers))
    wait_until(lambda: log.read_text().count("Application startup complete") == workers)
    # A single process binds its port only after that.
    wait_until(lambda: "Uvicorn running on" in log.read_text())

    with connect(port) as client:
        client.sendall(b"POST /cart/items HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")
        time.sleep(0.2)
        process.terminate()
        wait_until(lambda: "Waiting for connections to close" in log.read_text())
        client.sendall(b"}")
        answer = client.makefile("rb").read()

    assert answer.startswith(b"HTTP/1.1 422 ")
    assert b"\r\nserver:" not in answer.lower()
    # One process ends by the signal itself, the parent of several with success.
    assert process.wait(PATIENCE) == (-signal.SIGTERM if workers == 1 else 0)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_missing_variable_ends_it(serve: Serve, log: Path, workers: int) -> None:
    process = serve(WEB_CONCURRENCY=str(workers), DATABASE_URL="")

    assert process.wait(PATIENCE) == 3
    assert log.read_text().startswith("DATABASE_URL is not set: ")
