"""What a run writes down for the next one: that it runs, where, and its processes."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .console import ProblemError, say
from .processes import Mark, end

ENDING = 30.0
"""Seconds that a second start waits for a first one that is ending."""


@dataclass
class Record:
    """The run that holds the folder of the store's data."""

    folder: Path
    content: dict[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """Give where the record is kept while the store runs."""
        return self.folder / "running.json"

    def update(self, **changes: Any) -> None:
        """Write down what has changed, whole or not at all."""
        self.content.update(changes)
        draft = self.file.with_suffix(".new")
        draft.write_text(json.dumps(self.content, indent=2) + "\n")
        draft.replace(self.file)

    def keep(self, marks: list[Mark]) -> None:
        """Write down which processes there are."""
        self.update(processes=[asdict(mark) for mark in marks])

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder; the system lets go of it when this process ends, however it ends.

        Raises:
            ProblemError: another run holds it.

        """
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            self._lock(lock.fileno())
            left = self._read()
            self.update(pid=os.getpid())
            self._clean(left)
            try:
                yield
            finally:
                self.file.unlink(missing_ok=True)

    def _lock(self, lock: int) -> None:
        deadline = time.monotonic() + ENDING
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                other = self._read()
            else:
                return
            # One that has written nothing has only just begun or is all but gone.
            if ("pid" in other and not other.get("ending")) or time.monotonic() > deadline:
                where = other.get("address") or "it is still starting"
                raise ProblemError(
                    f"make dev runs here already, as process {other.get('pid')}: {where}"
                )
            time.sleep(0.1)

    def _clean(self, left: dict[str, Any]) -> None:
        marks = [Mark(**mark) for mark in left.get("processes", [])]
        # Known to the next run too, should this one be killed meanwhile.
        self.keep(marks)
        ended = [mark.name for mark in reversed(marks) if end(mark, self.folder.parent)]
        if ended:
            say(f"Ended what a killed make dev had left: {', '.join(ended)}.")

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self.file.read_text())
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}
