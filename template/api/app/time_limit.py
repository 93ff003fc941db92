import asyncio
import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import problems

# Below the ten seconds that the storefront waits.
SECONDS = 8.0

logger = logging.getLogger(__name__)


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
            logger.warning("There was no answer within %s s", SECONDS)
            late = loop.create_task(problems.unavailable()(scope, receive, send))
            task.cancel()

        timer = loop.call_later(SECONDS, give_up)
        try:
            await self._app(scope, receive, send_in_time)
        except asyncio.CancelledError:
            if not late:
                raise
        finally:
            timer.cancel()
        if late:
            await late
