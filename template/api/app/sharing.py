import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedCalls(Generic[T]):
    """Answers all who wait for a key with one call, which starts after each of them asked.

    At most one call per key runs; whoever asks meanwhile shares the one that follows it.
    """

    def __init__(self, call: Callable[[str], Awaitable[T]]) -> None:
        self._call = call
        self._running: dict[str, asyncio.Task[T]] = {}
        self._waiting: dict[str, asyncio.Task[T]] = {}

    async def get(self, key: str) -> T:
        task = self._waiting.get(key)
        if task is None:
            task = asyncio.create_task(self._follow(key, self._running.get(key)))
            self._waiting[key] = task
        # A caller that hangs up must not take the answer from the others.
        return await asyncio.shield(task)

    async def _follow(self, key: str, previous: "asyncio.Task[T] | None") -> T:
        if previous:
            await asyncio.wait({previous})
        task = self._running[key] = self._waiting.pop(key)
        try:
            return await self._call(key)
        finally:
            if self._running[key] is task:
                del self._running[key]
