"""What the stand-ins for vendors' APIs have in common: a server on loopback that can misbehave."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

FAULT = b'{"detail": "a fault of the stand-in"}'


class Refusal(Exception):  # noqa: N818 - an answer of the protocol, not an error of the stand-in
    """An answer with a status that says no."""

    def __init__(self, status: int, content: Any) -> None:
        super().__init__(content)
        self.status = status
        self.content = content if isinstance(content, dict) else {"detail": content}


class Fault(NamedTuple):
    """How a request is answered wrongly: with a status, or not at all."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    applied: bool = False


@dataclass
class Asked:
    """What a vendor was asked, and how it misbehaves."""

    port: int = 0
    fault: Callable[[str, str], Fault | None] = lambda *_: None
    """Called with method and path before each request is carried out."""
    answering: Callable[[str, str], None] = lambda *_: None
    """Called after a request was carried out, before its answer is sent."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What was not as described."""

    @property
    def address(self) -> str:
        """Return where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Return the requests that write."""
        return [request for request in self.requests if request[0] != "GET"]


class Handler(BaseHTTPRequestHandler, ABC):
    """Reads requests, lets them be judged, writes answers that are judged too."""

    protocol_version = "HTTP/1.1"
    # The head and the body of an answer are two packets.
    disable_nagle_algorithm = True
    held: Any
    lock: threading.Lock

    @abstractmethod
    def admit(self, body: bytes) -> None:
        """Refuse what the descriptions do not have, and what the token may not do."""

    @abstractmethod
    def carry_out(self, path: str, query: Any, given: Any) -> tuple[int, Any, str]:
        """Return status, content and Link header of a good answer, or raise a refusal."""

    def read(self, body: bytes) -> Any:
        """Return what a body says."""
        return json.loads(body)

    @abstractmethod
    def judge_answer(self, status: int, answer: bytes) -> None:
        """Note what is not as described."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = urlsplit(self.path).path
        with self.lock:
            self.held.requests.append((self.command, self.path.removeprefix("/api/0/")))
            fault = self.held.fault(self.command, path)
        if fault and not fault.applied:
            self._misbehave(fault)
            return
        try:
            self.admit(body)
            with self.lock:
                query = parse_qs(urlsplit(self.path).query)
                given = self.read(body) if body else query
                status, content, link = self.carry_out(path, query, given)
                answer = b"" if content is None else json.dumps(content).encode()
                self.judge_answer(status, answer)
        except Refusal as refusal:
            status, link = refusal.status, ""
            answer = json.dumps(refusal.content).encode()
        self.held.answering(self.command, path)
        if fault:
            self._misbehave(fault)
            return
        self._send(status, answer, (("Link", link),) if link else ())

    def _misbehave(self, fault: Fault) -> None:
        if fault.seconds:
            time.sleep(fault.seconds)
        if fault.status:
            self._send(fault.status, FAULT, fault.headers)
        else:
            self.close_connection = True

    def _send(self, status: int, body: bytes, headers: tuple[tuple[str, str], ...]) -> None:
        # Whoever was killed, or has given up, takes no answer.
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815 - names of http.server

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@contextlib.contextmanager
def serving(held: Asked, handler: type[Handler]) -> Iterator[None]:
    """Serve on a free port, in a thread."""
    bound = type("Serving", (handler,), {"held": held, "lock": threading.Lock()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
    server.daemon_threads = True
    held.port = server.server_port
    with in_thread(server):
        yield


@contextlib.contextmanager
def in_thread(server: BaseServer) -> Iterator[None]:
    """Let a server serve, and end it."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
