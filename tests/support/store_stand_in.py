"""A stand-in for a running store: its two addresses on loopback, with TLS and as they should be.

A third one is that of Cloudinary and of Sentry, to which the store leads.

Each answer can be changed. What comes to the same port without TLS is answered as well, as hosts
do at port 80.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme

from support.api_stand_in import in_thread

TLS_HANDSHAKE = b"\x16"
CHANGES_PER_MINUTE = 120
UPLOAD, IMAGE = "/v1_1/lamps/image/upload", "/lamps/image/upload/luma-live.png"
READY = json.dumps({"status": "ok", "database": "ok", "cache": "ok"})


@dataclass
class Page:
    """One answer."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    seconds: float = 0.0
    """How long it waits before its head, and before each byte of its body."""


@dataclass
class Door:
    """One address of the store: what is answered there, and what was asked."""

    context: ssl.SSLContext
    pages: dict[str, Page]
    plain: Page | None = None
    """What is answered without TLS; the same as with TLS where it is None."""
    port: int = 0
    requests: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Return where it is."""
        return f"{'http' if self.plain is None else 'https'}://localhost:{self.port}"


@dataclass
class Shop:
    """A store, and how it is wrong where it does something."""

    site: Door
    api: Door
    vendors: Door
    secret: str
    admin_token: str = "a-long-token-of-the-admin"  # noqa: S105 - it opens nothing
    events: list[str] = field(default_factory=list)
    """The ids of the events that have arrived."""
    checks_signatures: bool = True
    limit: int = CHANGES_PER_MINUTE
    changes: int = 0

    def act(self, path: str, headers: Message, body: bytes) -> Page | None:
        """Return the answer to what is more than a page; None for a page."""
        if path == "/revalidate":
            signed = headers["X-Revalidate-Timestamp"].encode() + b"." + body
            wanted = hmac.new(self.secret.encode(), signed, "sha256").hexdigest()
            is_right = headers["X-Revalidate-Signature"] == wanted
            return Page(200 if is_right or not self.checks_signatures else 401)
        if path.startswith("/cart/items/"):
            assert re.search("__Host-cart=[0-9a-f]{32}$", headers["Cookie"])
            self.changes += 1
            return Page(200 if self.changes <= self.limit else 429)
        if path == "/admin/uploads" and headers["Authorization"] == f"Bearer {self.admin_token}":
            upload = {"url": f"{self.vendors.address}{UPLOAD}", "api_key": "123", "signature": "ab"}
            return Page(201, body=json.dumps({**upload, "parameters": {"tags": "product"}}))
        if path == UPLOAD and path not in self.vendors.pages:
            for part in (b'name="tags"', b'name="api_key"', b'name="signature"', b"\x89PNG"):
                assert part in body
            address = f"{self.vendors.address}{IMAGE}"
            return Page(body=json.dumps({"secure_url": address}))
        if path.endswith("/envelope/") and path not in self.vendors.pages:
            head, kind, event = map(json.loads, body.split(b"\n"))
            assert (kind, head["event_id"]) == ({"type": "event"}, event["event_id"])
            assert re.fullmatch(
                r"Sentry sentry_version=7, sentry_key=[\w-]+", headers["X-Sentry-Auth"]
            )
            self.events.append(event["event_id"])
            return Page()
        return None


class _Handler(BaseHTTPRequestHandler):
    shop: Shop
    door: Door
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.door.requests.append(f"{self.command} {self.path}")
        page = self.shop.act(self.path, self.headers, body) or self.door.pages.get(self.path)
        if self.door.plain and not isinstance(self.connection, ssl.SSLSocket):
            page = self.door.plain
        page = page or Page(404)
        time.sleep(page.seconds)
        self.send_response(page.status)
        for name, value in page.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        for number in page.body.encode() if page.seconds else ():
            time.sleep(page.seconds)
            self.wfile.write(bytes([number]))
        if not page.seconds:
            self.wfile.write(page.body.encode())

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - names of http.server

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    door: Door

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answer one connection, with TLS where the client begins with it."""
        # Whoever does not trust the certificate goes away.
        with contextlib.suppress(OSError):
            if request.recv(1, socket.MSG_PEEK) == TLS_HANDSHAKE:
                request = self.door.context.wrap_socket(request, server_side=True)
            with request:
                super().finish_request(request, client_address)


def context_of(authority: trustme.CA) -> ssl.SSLContext:
    """Return what serves with a certificate of an authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@contextlib.contextmanager
def stand_in(
    authority: trustme.CA, headers: Mapping[str, str], *, region: str, release: str, secret: str
) -> Iterator[Shop]:
    """Serve a store that is as it should be."""
    context = context_of(authority)
    release_tag = f'<meta name="baggage" content="sentry-release={release},sentry-sampled=true"/>'
    fresh = {**headers, "x-vercel-id": f"cdg1::{region}::abcde-1700000000000-0123456789ab"}
    site = Door(
        context,
        {
            "/": Page(headers=dict(headers)),
            "/cart": Page(headers=fresh, body=release_tag),
            "/api/readyz": Page(body=READY),
        },
    )
    api = Door(context, {"/readyz": Page(body=READY)})
    vendors = Door(context, {IMAGE: Page(headers={"Content-Type": "image/png"})})
    shop = Shop(site, api, vendors, secret)
    with _serving(shop, site), _serving(shop, api), _serving(shop, vendors):
        for door in (site, api, vendors):
            door.plain = Page(308, {"Location": f"https://localhost:{door.port}/"})
        yield shop


@contextlib.contextmanager
def _serving(shop: Shop, door: Door) -> Iterator[None]:
    handler = type("Serving", (_Handler,), {"shop": shop, "door": door})
    server = _Server(("127.0.0.1", 0), handler)
    server.door = door
    door.port = server.server_port
    with in_thread(server):
        yield
