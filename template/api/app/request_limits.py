"""What one request may take: bytes of body, and seconds."""

import asyncio
import logging

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import problems

MAX_BYTES = 1024 * 1024
# Below the ten seconds that the storefront waits.
MAX_SECONDS = 8.0

logger = logging.getLogger(__name__)


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


class TimeLimit:
    """ASGI middleware: answers in time, also while the database keeps its connections and hangs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        begun = False
        late: asyncio.Task[None] | None = None

        async def send_in_time(message: Message) -> None:
            nonlocal begun
            if not late:
                begun = True
                await send(message)

        # By a timer, because what is cancelled may hang as well: it wants to tell the database.
        def give_up() -> None:
            nonlocal late
            if begun or task is None:
                return
            logger.warning("There was no answer within %s s", MAX_SECONDS)
            late = loop.create_task(problems.unavailable()(scope, receive, send))
            task.cancel()

        timer = loop.call_later(MAX_SECONDS, give_up)
        try:
            await self._app(scope, receive, send_in_time)
        except asyncio.CancelledError:
            if not late:
                raise
        finally:
            timer.cancel()
        if late:
            await late
