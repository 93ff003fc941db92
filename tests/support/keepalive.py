"""HTTP/1.1 connections that stay open, and cost far less than a server's answer does."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from support.running_store import HOST

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """What a server answered; the headers as they came."""

    status: int
    head: bytes
    body: bytes


@dataclass
class Connection:
    """A connection to a port of this machine, for one request after the other."""

    port: int

    async def __aenter__(self) -> Self:
        """Open it."""
        self._reader, self._writer = await asyncio.open_connection(HOST, self.port)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self._writer.close()

    async def send(self, message: bytes) -> Reply:
        """Send the bytes of a request and read the answer."""
        self._writer.write(message)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        body = await self._reader.readexactly(int(length[1])) if length else b""
        return Reply(int(head[9:12]), head, body)


def request(method: str, target: str, body: bytes = b"", **headers: str) -> bytes:
    """Write a request; underscores in a header's name stand for hyphens."""
    fields = {"Host": HOST, **headers}
    if body or method in {"POST", "PUT", "PATCH"}:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = (f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"{method} {target} HTTP/1.1\r\n{''.join(lines)}\r\n".encode("latin-1") + body
