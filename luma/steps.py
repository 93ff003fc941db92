"""What a release leaves to a store's people, and whether a store has done it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from luma.store import Store

STARTER = ("api", "storefront")
_DONE = re.compile(r"It is done when `git grep ([^`]+)` finds (something|nothing)\.$")


@dataclass(frozen=True)
class Search:
    """The git grep that tells whether a step is done."""

    arguments: tuple[str, ...]
    finds: bool

    @property
    def in_starter(self) -> bool:
        """Return whether it looks at nothing but the starter's code."""
        paths = self.arguments[self.arguments.index("--") + 1 :]
        return all(path.split("/")[0] in STARTER for path in paths)


def search(step: str) -> Search | None:
    """Return the search that a step's last sentence names; None where it names none."""
    named = _DONE.search(step)
    return Search(tuple(shlex.split(named[1])), named[2] == "something") if named else None


def left(store: Store, steps: Iterable[str]) -> Iterator[str]:
    """Return the steps that a store has not done, or that say no way to tell.

    Steps in the starter's code concern no store that was generated without it.
    """
    starter = store.has_starter
    for step in steps:
        done = search(step)
        if done is None:
            yield step
        elif done.in_starter and not starter:
            continue
        elif store.holds(*done.arguments) != done.finds:
            yield step
