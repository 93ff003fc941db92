"""What one request may take: bytes of body, and seconds; and how often one client may ask."""

import asyncio
import hmac
import logging
import math
import time
from collections.abc import Coroutine
from hashlib import sha256
from typing import Any, TypeVar

from fastapi import HTTPException, Request
from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import problems
from .key_value import Breaker

MAX_BYTES = 1024 * 1024
# Below the ten seconds that the storefront waits.
MAX_SECONDS = 8.0
# The header holds one of the ways, a space and the secret.
PROOF = b"x-storefront-proof"
WAYS = ("rewrite", "server")

logger = logging.getLogger(__name__)
Result = TypeVar("Result")


async def within(seconds: float, doing: Coroutine[Any, Any, Result]) -> Result:
    """Return what a coroutine gives in time; raise a TimeoutError where it gives nothing.

    Unlike asyncio.timeout, this does not wait until the coroutine has cleaned up, which may take as
    long again where it tidies up after a dead connection.
    """
    task = asyncio.ensure_future(doing)
    task.add_done_callback(_see_error)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    finally:
        task.cancel()
    if not done:
        raise TimeoutError(f"nothing within {seconds} s")
    return await task


def _see_error(task: asyncio.Task[Any]) -> None:
    # Nobody waits for an error of a task that was late, and asyncio would complain.
    if not task.cancelled():
        task.exception()


def parts(secret: str) -> list[str]:
    """Return the values of a secret, which has two, with a comma, while it is replaced.

    Who sends uses the first; who is sent to takes each of them.
    """
    return [part for part in secret.split(",") if part]


def matches(given: str, secret: str) -> bool:
    """Return whether somebody has given one of a secret's values."""
    # As bytes: the comparison refuses strings beyond ASCII.
    return any(hmac.compare_digest(given.encode(), part.encode()) for part in parts(secret))


class BodyLimit:
    """ASGI middleware: lets nobody read a request's body beyond a limit."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; 413 where its body is too large."""
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

    def __init__(self, app: ASGIApp, *, seconds: float = MAX_SECONDS) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; 503 where that takes too long."""
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
            logger.warning("There was no answer within %s s", self._seconds)
            late = loop.create_task(problems.unavailable()(scope, receive, send))
            task.cancel()

        timer = loop.call_later(self._seconds, give_up)
        try:
            await self._app(scope, receive, send_in_time)
        except asyncio.CancelledError:
            if not late:
                raise
        finally:
            timer.cancel()
        if late:
            await late


class Proof:
    """ASGI middleware: tells requests that come through the storefront from all others."""

    def __init__(self, app: ASGIApp, *, secret: str, required: bool) -> None:
        self._app, self._required = app, required
        self._ways = {f"{way} {part}".encode(): way for part in parts(secret) for way in WAYS}
        self._seen: set[str] = set()
        logger.info(
            "The storefront's secret is required: requests without it share the limits of one"
            " client"
            if required
            else "The storefront's secret is not required: limits go by the address that a request"
            " claims"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and note on it whether it came past the storefront."""
        if scope["type"] == "http":
            way = self._way(scope)
            if way and way not in self._seen:
                self._seen.add(way)
                logger.info("The storefront's secret arrives from its %s", way)
            scope.setdefault("state", {})["past_the_storefront"] = self._required and not way
        await self._app(scope, receive, send)

    def _way(self, scope: Scope) -> str:
        given = next((value for name, value in scope["headers"] if name == PROOF), b"")
        return next((self._ways[k] for k in self._ways if hmac.compare_digest(k, given)), "")


def counted_as(request: Request, client: str) -> str:
    """Return whom a request counts for: all who come past the storefront are one client."""
    return "past the storefront" if request.state.past_the_storefront else client


def claimed_address(request: Request) -> str:
    """Return the address that a request counts for; empty if it names none."""
    # The left-most entry is the customer as Vercel saw them, or the invention of someone who calls
    # past the storefront; the right-most is Vercel's own, the same for all customers.
    address = request.headers.get("X-Forwarded-For", "").partition(",")[0].strip()
    return counted_as(request, address)


class RateLimits:
    """Counts in Key Value how often a client does something: without it nobody is held back."""

    def __init__(self, redis: Redis, breaker: Breaker) -> None:
        storage = RedisStorage(
            "redis://",
            implementation="redispy",
            key_prefix="limits",
            connection_pool=redis.connection_pool,  # type: ignore[arg-type]
        )
        self._limiter = FixedWindowRateLimiter(storage)
        self._breaker = breaker

    async def count(self, limit: RateLimitItem, client: str, cost: int = 1) -> None:
        """Count a request, or what it takes; refuse it when it is too much."""
        # As a digest: it may be personal, or what opens a cart, or longer than any key should be.
        key = sha256(client.encode()).hexdigest()
        try:
            self._breaker.refuse_while_resting()
            if await self._limiter.hit(limit, key, cost=cost):
                return
            reset = (await self._limiter.get_window_stats(limit, key)).reset_time
        except RedisError as error:
            self._breaker.note(error)
            return
        seconds = max(1, math.ceil(reset - time.time()))
        raise HTTPException(
            429, f"Too many requests: try again in {seconds} s.", {"Retry-After": str(seconds)}
        )
