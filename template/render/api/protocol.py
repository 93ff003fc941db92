"""HTTP as uvicorn speaks it, with limits for a request that is still arriving.

uvicorn has none here: heads were read to any length, and half a request kept its connection.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# As h11 has it, and more than the proxies in front of this let through.
MAX_HEAD_BYTES = 64 * 1024
# For all of a request. What answers it ends its own wait for the body before that.
RECEIVE_SECONDS = 10.0
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Connection: close\r\nContent-Length: 0\r\n\r\n"
)


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection whose request is too slow, or has too much besides its body."""

    _deadline: asyncio.TimerHandle | None = None
    _arriving = True
    # Since the parser gave a head, a piece of a body or an end. So trailers are limited as well.
    _unparsed = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a request."""
        super().connection_made(transport)
        self._expect_the_rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing more."""
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, and close the connection where they are too many."""
        self._arriving = True
        self._unparsed += len(data)
        super().data_received(data)
        if self._unparsed > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse()
        elif self._arriving:
            self._expect_the_rest()

    def on_message_begin(self) -> None:
        """See a request begin, perhaps behind another one."""
        self._arriving = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """See the end of a head."""
        self._unparsed = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """See a piece of a body."""
        self._unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """See the end of a request."""
        self._unparsed = 0
        self._expect_nothing()
        super().on_message_complete()

    def _expect_the_rest(self) -> None:
        if self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(RECEIVE_SECONDS, self.transport.close)

    def _expect_nothing(self) -> None:
        self._arriving = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self) -> None:
        # Not into the answer to an earlier request, or to one whose trailers these are.
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(TOO_LARGE)
        self.transport.close()
