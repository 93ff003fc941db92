"""Key Value: one pool of connections for all that use it, and a rest when it does not answer."""

import asyncio
import logging
import socket
import time
from contextlib import suppress

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as CacheConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as CacheTimeoutError

TIME_LIMIT_SECONDS = 0.25
TURN_SECONDS = 2
MAX_CONNECTIONS = 32
REST_AFTER_FAILURE_SECONDS = 3.0
# An idle connection whose other end has vanished ends by itself. Not each system has each option.
KEEPALIVE = {
    getattr(socket, name): value
    for name, value in {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}.items()
    if hasattr(socket, name)
}

logger = logging.getLogger(__name__)


def connect(url: str) -> Redis:
    """Return a client whose pool opens a connection when the first is asked for."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        # Waiting for a turn is not a failure of the cache, unlike waiting for its answer.
        timeout=TURN_SECONDS,
        socket_timeout=TIME_LIMIT_SECONDS,
        socket_connect_timeout=TIME_LIMIT_SECONDS,
        socket_keepalive=True,
        socket_keepalive_options=KEEPALIVE,
        # Each idle connection dies with a server that restarts. Silence is not asked twice.
        retry=Retry(NoBackoff(), 1, supported_errors=(CacheConnectionError,)),
    )
    return Redis.from_pool(pool)


class RestingError(RedisError):
    """Key Value failed a moment ago and is left alone."""


class Breaker:
    """Keeps everyone from waiting again for what has just not answered."""

    def __init__(self, redis: Redis) -> None:
        self._redis, self._resting_until = redis, 0.0
        self._dropping: asyncio.Task[None] | None = None

    def refuse_while_resting(self) -> None:
        """Raise a RestingError where Key Value has just failed."""
        if time.monotonic() < self._resting_until:
            raise RestingError

    def note(self, error: RedisError) -> None:
        """Log a failure, and leave Key Value alone for a while if it did not answer."""
        # Requests that waited together have one failure to tell of.
        if time.monotonic() < self._resting_until:
            return
        logger.warning("Key Value failed: %r", error)
        # A full one answers at once; only one that does not answer costs time.
        if isinstance(error, CacheConnectionError | CacheTimeoutError):
            self._resting_until = time.monotonic() + REST_AFTER_FAILURE_SECONDS
            self._dropping = asyncio.ensure_future(self._drop_idle_connections())

    async def _drop_idle_connections(self) -> None:
        # They are as silent, and each would cost another rest.
        with suppress(RedisError, OSError):
            await self._redis.connection_pool.disconnect(inuse_connections=False)
