from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BYTES = 1024 * 1024


class BodyLimit:
    """ASGI middleware: lets nobody read a request's body beyond a limit."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            # The server has refused a length that is no number.
            _refuse_beyond_limit(int(Headers(scope=scope).get("content-length", "0")))
            message = await receive()
            received += len(message.get("body", b""))
            _refuse_beyond_limit(received)
            return message

        await self._app(scope, receive_within_limit, send)


def _refuse_beyond_limit(size: int) -> None:
    if size > MAX_BYTES:
        raise HTTPException(413, f"The body is larger than {MAX_BYTES} bytes.")
