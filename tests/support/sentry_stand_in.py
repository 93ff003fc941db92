"""A stand-in for Sentry: takes envelopes and source maps, refuses the rest, keeps what arrived.

It is a process of its own, as `python -m support.sentry_stand_in FOLDER`: inside a process that
reports to it, it would be watched itself. Plain HTTP answers servers with a loopback DSN; TLS
answers whoever was led here under Sentry's own name, a browser by its resolver and a server by
CONNECT. The protocol is Sentry's "Envelopes" in its developer documentation, and of its API what an
upload of source maps asks for.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import select
import socket
import ssl
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme

INGEST_HOST = "o1.ingest.de.sentry.io"
PUBLIC_KEY = "0123456789abcdef0123456789abcdef"
AUTH_TOKEN = "sntrys_of-the-stand-in"  # noqa: S105 - it opens nothing
ORGANIZATION = "/api/0/organizations/acme/"
ITEM_TYPES = {
    "event", "transaction", "span", "log", "session", "sessions", "client_report", "check_in",
    "trace_metric", "attachment", "profile", "profile_chunk",
}  # fmt: skip
CHUNKS = {
    "chunkSize": 8 * 1024**2, "chunksPerRequest": 64, "maxRequestSize": 32 * 1024**2,
    "maxFileSize": 2 * 1024**3, "concurrency": 1, "hashAlgorithm": "sha1", "compression": ["gzip"],
    "accept": ["release_files", "sources", "artifact_bundles", "artifact_bundles_v2"],
}  # fmt: skip
START_SECONDS = 30.0
ENVELOPE_PATH = re.compile(r"/api/(\d+)/envelope/")


@contextlib.contextmanager
def in_its_own_process(folder: Path) -> Iterator[dict[str, int]]:
    """Start the stand-in; return its ports by name: plain, and tls for Sentry's own host name."""
    process = subprocess.Popen(
        [sys.executable, "-m", "support.sentry_stand_in", str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not (folder / "ports.json").exists():
            assert process.poll() is None, "the stand-in for Sentry ended early"
            assert time.monotonic() < deadline, "the stand-in for Sentry did not start"
            time.sleep(0.05)
        yield json.loads((folder / "ports.json").read_text())
    finally:
        process.kill()
        process.wait()


class RefusedError(Exception):
    """What arrived is no envelope; the text says why."""


def parse(body: bytes) -> list[dict[str, Any]]:
    """Return an envelope's header, and each item's header with its payload.

    Raises:
        RefusedError: it is not an envelope.

    """
    try:
        first, _, rest = body.partition(b"\n")
        parts: list[dict[str, Any]] = [{"envelope": json.loads(first)}]
        while rest.strip():
            line, _, rest = rest.partition(b"\n")
            header = json.loads(line)
            if header["type"] not in ITEM_TYPES:
                raise RefusedError(f"unknown item type {header['type']}")
            if "length" in header:
                payload, rest = rest[: header["length"]], rest[header["length"] :].lstrip(b"\n")
            else:
                payload, _, rest = rest.partition(b"\n")
            parts.append({"item": header, "payload": json.loads(payload)})
    except (ValueError, KeyError, TypeError) as error:
        raise RefusedError(f"not an envelope: {error!r}") from error
    return parts


def unpacked(body: bytes, encoding: str) -> bytes:
    """Undo the content encoding.

    Raises:
        RefusedError: the encoding is unknown.

    """
    if encoding == "gzip":
        return gzip.decompress(body)
    if encoding == "deflate":
        return zlib.decompress(body)
    if encoding:
        raise RefusedError(f"unknown encoding {encoding}")
    return body


class Ingest(BaseHTTPRequestHandler):
    """Answers as Sentry's ingest does."""

    protocol_version = "HTTP/1.1"
    # The head and the body of an answer are two packets.
    disable_nagle_algorithm = True
    folder: Path
    tls_port: int
    writing = threading.Lock()

    def do_GET(self) -> None:
        """Answer what an upload asks before it begins."""
        self._answer_upload()

    def do_PUT(self) -> None:
        """Finish a release."""
        self._answer_upload()

    def do_POST(self) -> None:
        """Take an envelope, or a step of an upload."""
        if self.path.startswith(ORGANIZATION):
            self._answer_upload()
            return
        body = self._body()
        try:
            record = self._envelope(body)
        except RefusedError as refusal:
            self._write("refused.jsonl", {"path": self.path, "why": str(refusal)})
            self._answer(400, {"detail": str(refusal)})
            return
        self._write("envelopes.jsonl", record)
        self._answer(200, {"id": record["parts"][0]["envelope"].get("event_id")})

    def do_CONNECT(self) -> None:
        """Lead a server that asks for Sentry's name to this process' own TLS port."""
        if self.path != f"{INGEST_HOST}:443":
            self._write("refused.jsonl", {"path": self.path, "why": "another host"})
            self.send_error(403)
            return
        with socket.create_connection(("127.0.0.1", self.tls_port)) as upstream:
            self.send_response_only(200)
            self.end_headers()
            ends = {self.connection: upstream, upstream: self.connection}
            while ready := select.select(ends, [], [], 60)[0]:
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        self.close_connection = True
                        return
                    ends[end].sendall(data)

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def _answer_upload(self) -> None:
        body = self._body()
        if self.headers.get("Authorization") != f"Bearer {AUTH_TOKEN}":
            self._answer(401, {"detail": "Invalid token"})
            return
        step = self.path.removeprefix(ORGANIZATION).partition("/")[0]
        match (self.command, step):
            case ("GET", ""):
                content: dict[str, Any] = {"slug": "acme"}
            case ("POST" | "PUT", "releases"):
                content = {"version": json.loads(body).get("version"), "projects": []}
            case ("GET", "chunk-upload"):
                content = {
                    **CHUNKS,
                    "url": f"http://127.0.0.1:{self.connection.getsockname()[1]}{self.path}",
                }
            case ("POST", "artifactbundle"):
                content = {"state": "created", "missingChunks": []}
            case _:
                self._write("refused.jsonl", {"path": self.path, "why": "unknown to the stand-in"})
                self._answer(404, {"detail": "Not found"})
                return
        self._write("uploads.jsonl", {"step": step, "body": json.loads(body or b"{}")})
        self._answer(200, content)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _envelope(self, body: bytes) -> dict[str, Any]:
        address = urlsplit(self.path)
        project = ENVELOPE_PATH.fullmatch(address.path)
        if project is None:
            raise RefusedError("no path of the ingest")
        given = parse_qs(address.query).get("sentry_key", [""])[0]
        header = self.headers.get("X-Sentry-Auth", "")
        if PUBLIC_KEY not in (given, *re.findall(r"sentry_key=(\w+)", header)):
            raise RefusedError("no key of this project")
        unpacked_body = unpacked(body, self.headers.get("Content-Encoding", ""))
        return {
            "project": project[1],
            "headers": dict(self.headers),
            "text": unpacked_body.decode(),
            "parts": parse(unpacked_body),
        }

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        # A browser that has left doesn't wait for the answer.
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def _write(self, name: str, record: dict[str, Any]) -> None:
        with self.writing, (self.folder / name).open("a") as file:
            file.write(json.dumps(record) + "\n")


def serve(folder: Path) -> None:
    """Serve until the process is ended; `ports.json` says where, `ca.pem` whom to trust."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(INGEST_HOST).configure_cert(context)
    Ingest.folder = folder
    secure = ThreadingHTTPServer(("127.0.0.1", 0), Ingest)
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    plain = ThreadingHTTPServer(("127.0.0.1", 0), Ingest)
    Ingest.tls_port = secure.server_port
    threading.Thread(target=secure.serve_forever, daemon=True).start()
    draft = folder / "ports.new"
    draft.write_text(json.dumps({"plain": plain.server_port, "tls": secure.server_port}))
    draft.rename(folder / "ports.json")
    plain.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
