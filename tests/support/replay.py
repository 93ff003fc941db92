"""Answer from a transcript of `luma live --record`, in place of the vendors that it is of."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from support.api_stand_in import in_thread


class Replayed(NamedTuple):
    """Where each vendor's answers are, what was in the environment, and what was not recorded."""

    address: str
    environment: dict[str, str]
    unknown: list[str]
    left: dict[tuple[str, ...], list[Any]]


@contextmanager
def replaying(transcript: Path) -> Iterator[Replayed]:
    """Answer each request as the transcript does: the same ones in the order that they have there.

    Each vendor's address ends with its name.
    """
    first, *exchanges = map(json.loads, transcript.read_text(encoding="utf-8").splitlines())
    left: dict[tuple[str, ...], list[Any]] = defaultdict(list)
    for each in exchanges:
        left[_key(each["method"], each["vendor"], each["path"], each.get("query", {}))].append(each)
    unknown: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        lock = threading.Lock()

        def _serve(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = urlsplit(self.path)
            vendor, _, path = parts.path.removeprefix("/").partition("/")
            key = _key(self.command, vendor, path, parse_qs(parts.query))
            with self.lock:
                if not left[key]:
                    unknown.append(f"{self.command} {self.path}")
                    self.send_error(404)
                    return
                said = left[key].pop(0)
            body = b"" if said["answer"] == "" else json.dumps(said["answer"]).encode()
            self.send_response(said["status"])
            for name, value in said["headers"].items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = _serve  # noqa: N815 - names of http.server

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with in_thread(server):
        address = f"http://127.0.0.1:{server.server_port}"
        yield Replayed(address, first["environment"], unknown, left)


def _key(method: str, vendor: str, path: str, query: dict[str, Any]) -> tuple[str, ...]:
    parts = urlsplit(path)
    asked = {**parse_qs(parts.query), **query}
    values = {name: value if isinstance(value, list) else [value] for name, value in asked.items()}
    return method, vendor, parts.path.strip("/"), json.dumps(values, sort_keys=True)
