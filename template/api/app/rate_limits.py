"""How often one client may write, counted in Key Value: without it nobody is held back."""

import math
import time
from hashlib import sha256

from fastapi import HTTPException, Request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.key_value import Breaker

# Nobody shops faster, and a whole office may share one address.
CART_CHANGES = RateLimitItemPerMinute(120, namespace="cart-changes")
NEW_CARTS = RateLimitItemPerMinute(60, namespace="new-carts")
WRONG_TOKENS = RateLimitItemPerMinute(30, namespace="wrong-tokens")


def claimed_address(request: Request) -> str:
    # The left-most entry is the customer as Vercel saw them, or the invention of someone who calls
    # past the storefront; the right-most is Vercel's own, the same for all customers.
    return request.headers.get("X-Forwarded-For", "").partition(",")[0].strip()


class RateLimits:
    def __init__(self, redis: Redis, breaker: Breaker) -> None:
        storage = RedisStorage(
            "redis://",
            implementation="redispy",
            key_prefix="limits",
            connection_pool=redis.connection_pool,  # type: ignore[arg-type]
        )
        self._limiter = FixedWindowRateLimiter(storage)
        self._breaker = breaker

    async def count(self, limit: RateLimitItem, client: str) -> None:
        """Count a request; refuse it when it is one too many."""
        # As a digest: it may be personal, or what opens a cart, or longer than any key should be.
        key = sha256(client.encode()).hexdigest()
        try:
            self._breaker.refuse_while_resting()
            if await self._limiter.hit(limit, key):
                return
            reset = (await self._limiter.get_window_stats(limit, key)).reset_time
        except RedisError as error:
            self._breaker.note(error)
            return
        seconds = max(1, math.ceil(reset - time.time()))
        raise HTTPException(
            429, f"Too many requests: try again in {seconds} s.", {"Retry-After": str(seconds)}
        )
