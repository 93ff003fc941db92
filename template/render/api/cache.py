"""The catalogue's cache: answers as bytes in Key Value, correct without it and only slower.

One key holds the catalogue's generation, a random token. A stored answer carries the generation
that was current before it was built, and counts while that one still is. A write deletes the
token, which works in a full instance too, so an answer that was built across a write never counts.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from hashlib import sha256
from typing import Any
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from .key_value import Breaker
from .limits import within

Build = Callable[[], Coroutine[Any, Any, bytes | None]]
# The catalogue's generation, and the stored answer if it counts.
LookUp = tuple[bytes, bytes | None]

# Below the seconds of a request, most of whose share one build.
BUILD_SECONDS = 7
# How old an answer may get when a write could not reach the cache.
LIFETIME_SECONDS = 60
# Longer than a rebuild takes, and soon over when whoever holds it has died.
LOCK_MS = 2000
POLL_MS = 20
# How many rare answers a process remembers to have given.
RARE_REMEMBERED = 10_000


class Cache:
    """Stores answers until the next write; requests that miss together share one build."""

    def __init__(self, redis: Redis, breaker: Breaker, release: str) -> None:
        self._redis, self._breaker = redis, breaker
        # With the release in it, a deploy never reads what another version's code wrote.
        self._prefix = f"catalogue:{release}"
        # Without the release: a write has to reach the instances of either version.
        self._generation_key = "catalogue:generation"
        self._local_writes = 0
        self._told_writes = 0
        # Under load the requests of a moment share one round trip.
        self._look_ups = SharedLookUps(self._look_up)
        self._builds: dict[tuple[str, bytes, int], asyncio.Task[bytes | None]] = {}
        self._rare: dict[str, None] = {}

    async def get(self, name: str, build: Build, *, rare: bool = False) -> bytes | None:
        """Return the stored answer, or build it; `None` is passed on and not stored.

        A rare one is stored when it is asked for again. So what every caller asks for in their own
        words doesn't push out what all of them ask for.
        """
        key = f"{self._prefix}:{sha256(name.encode()).hexdigest()}"
        try:
            self._breaker.refuse_while_resting()
            generation, stored = await self._look_ups.get(key)
        except RedisError as error:
            self._breaker.note(error)
            return await self._build_once((key, b"", self._local_writes), build)
        if stored is not None:
            return stored
        if rare and self._is_new(key):
            return await self._build_once((key, generation, self._local_writes), build)
        return await self._build_once(
            (key, generation, self._local_writes),
            lambda: self._build_and_store(key, generation, build),
        )

    def _is_new(self, key: str) -> bool:
        if key in self._rare:
            return False
        self._rare[key] = None
        if len(self._rare) > RARE_REMEMBERED:
            # The oldest one.
            del self._rare[next(iter(self._rare))]
        return True

    async def invalidate(self) -> None:
        """Forget everything; call it once the write is committed."""
        self._local_writes += 1
        try:
            await self._send_invalidation()
        except RedisError as error:
            self._breaker.note(error)

    async def _look_up(self, key: str) -> LookUp:
        if self._told_writes < self._local_writes:
            await self._send_invalidation()
        generation, stored = await self._redis.mget(self._generation_key, key)
        if generation is None:
            fresh = uuid4().hex.encode()
            created = await self._redis.set(self._generation_key, fresh, nx=True)
            generation = fresh if created else await self._redis.get(self._generation_key) or fresh
        return _as_bytes(generation), _answer(_as_bytes(generation), stored)

    async def _send_invalidation(self) -> None:
        # A write that comes meanwhile is not told by this.
        told = self._local_writes
        await self._redis.delete(self._generation_key)
        self._told_writes = max(self._told_writes, told)

    async def _build_once(self, key: tuple[str, bytes, int], build: Build) -> bytes | None:
        # The generation is part of the key: a request that came after a write never joins a
        # build that began before it.
        task = self._builds.get(key)
        if task is None:
            # A deadline of its own: it outlives the requests that wait for it.
            task = asyncio.ensure_future(within(BUILD_SECONDS, build()))
            self._builds[key] = task
            task.add_done_callback(lambda _: self._builds.pop(key))
        # A caller that hangs up must not take the answer from the others.
        return await asyncio.shield(task)

    async def _build_and_store(self, key: str, generation: bytes, build: Build) -> bytes | None:
        lock = f"{key}:lock:{generation.decode()}"
        try:
            if not await self._redis.set(lock, b"", nx=True, px=LOCK_MS):
                stored = await self._await_other(key, lock, generation)
            else:
                # Someone may have built it between the look-up and the lock.
                stored = _answer(generation, await self._redis.get(key))
        except RedisError as error:
            self._breaker.note(error)
            return await build()
        if stored is not None:
            return stored
        try:
            answer = await build()
            if answer is not None:
                await self._store(key, generation, answer)
            return answer
        finally:
            await self._release(lock)

    async def _await_other(self, key: str, lock: str, generation: bytes) -> bytes | None:
        """Wait for the process that is building; return nothing when it gave up."""
        for _ in range(LOCK_MS // POLL_MS):
            await asyncio.sleep(POLL_MS / 1000)
            held, stored = await self._redis.mget(lock, key)
            answer = _answer(generation, stored)
            if answer is not None or held is None:
                return answer
        return None

    async def _store(self, key: str, generation: bytes, answer: bytes) -> None:
        # Answers that were stored together must not all expire together.
        lifetime = int(LIFETIME_SECONDS * 1000 * random.uniform(0.8, 1.0))  # noqa: S311
        try:
            await self._redis.set(key, generation + answer, px=lifetime)
        except RedisError as error:
            self._breaker.note(error)

    async def _release(self, lock: str) -> None:
        try:
            self._breaker.refuse_while_resting()
            await self._redis.delete(lock)
        except RedisError as error:
            self._breaker.note(error)


class SharedLookUps:
    """Answers all who wait for a key with one look-up, which starts after each of them asked.

    At most one look-up per key runs; whoever asks meanwhile shares the one that follows it.
    """

    def __init__(self, look_up: Callable[[str], Awaitable[LookUp]]) -> None:
        self._look_up = look_up
        self._running: dict[str, asyncio.Task[LookUp]] = {}
        self._waiting: dict[str, asyncio.Task[LookUp]] = {}

    async def get(self, key: str) -> LookUp:
        """Return what a look-up finds that starts now or later."""
        task = self._waiting.get(key)
        if task is None:
            task = asyncio.create_task(self._follow(key, self._running.get(key)))
            self._waiting[key] = task
        # A caller that hangs up must not take the answer from the others.
        return await asyncio.shield(task)

    async def _follow(self, key: str, previous: asyncio.Task[LookUp] | None) -> LookUp:
        if previous:
            await asyncio.wait({previous})
        task = self._running[key] = self._waiting.pop(key)
        try:
            return await self._look_up(key)
        finally:
            if self._running[key] is task:
                del self._running[key]


def _answer(generation: bytes, stored: bytes | str | None) -> bytes | None:
    if stored is None or not (answer := _as_bytes(stored)).startswith(generation):
        return None
    return answer[len(generation) :]


def _as_bytes(value: bytes | str) -> bytes:
    # The client is typed for either and set up for bytes.
    return value if isinstance(value, bytes) else value.encode()
