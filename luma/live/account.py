"""What one token opens at a vendor."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from luma.live.transport import Transport
from luma.problems import LumaError

POLL_SECONDS = 10
PATIENCE_SECONDS = 1800


class Held:
    """Things that are each read once, until they are forgotten."""

    def __init__(self) -> None:
        self._held: dict[str, Any] = {}

    def forget(self) -> None:
        """Read everything again from now on."""
        self._held.clear()

    def _once(self, name: str, read: Callable[[], Any]) -> Any:
        """Return what is held under a name, which is read where nothing is."""
        if name not in self._held:
            self._held[name] = read()
        return self._held[name]


class BaseAccount(Held):
    """An account whose things are read through one transport."""

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._transport = transport

    def hide(self, value: str) -> None:
        """Let a value appear in no message."""
        self._transport.hide(value)

    def masked(self, text: str) -> str:
        """Return a text of the vendor's without the token, and without what is hidden."""
        return self._transport.masked(text)

    def _one(self, path: str, query: dict[str, str] | None = None) -> Any:
        """Return one thing; None where nothing is there."""

        def read() -> Any:
            answer = self._transport.get(path, query)
            return answer and answer.json()

        return self._once(path, read)


def wait(account: BaseAccount, what: str, read: Callable[[], str], busy: Collection[str]) -> str:
    """Return the first state that is not busy, and print what is waited for.

    Raises:
        LumaError: it takes too long.

    """
    begun = time.monotonic()
    while (state := read()) in busy:
        seconds = time.monotonic() - begun
        if seconds > PATIENCE_SECONDS:
            raise LumaError(f"The {what} is not done after {seconds / 60:.0f} minutes ({state}).")
        print(f"waiting for the {what}: {state}, {seconds:.0f} s ...", flush=True)
        time.sleep(POLL_SECONDS)
        account.forget()
    return state
