"""The record of a run for the next one: its address and its processes."""

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
from .processes import Identity, stop

STOP_WAIT_SECONDS = 30.0
"""How long a start waits for an earlier run that is stopping."""


@dataclass
class Record:
    """The record of the run that has locked the data folder."""

    folder: Path
    content: dict[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """Return the path of the record, which exists while the store runs."""
        return self.folder / "running.json"

    def update(self, **changes: Any) -> None:
        """Write changes to the record, atomically."""
        self.content.update(changes)
        draft = self.file.with_suffix(".new")
        draft.write_text(json.dumps(self.content, indent=2) + "\n")
        draft.replace(self.file)

    def keep(self, identities: list[Identity]) -> None:
        """Write the running processes to the record."""
        self.update(processes=[asdict(identity) for identity in identities])

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lock the folder. The system unlocks it when this process ends, however it ends.

        Raises:
            ProblemError: another run has locked it.

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
        deadline = time.monotonic() + STOP_WAIT_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                other = self._read()
            else:
                return
            # A run without a record has just started or has almost stopped.
            if ("pid" in other and not other.get("ending")) or time.monotonic() > deadline:
                where = other.get("address") or "it is still starting"
                raise ProblemError(
                    f"make dev is already running here, as process {other.get('pid')}: {where}"
                )
            time.sleep(0.1)

    def _clean(self, left: dict[str, Any]) -> None:
        # By position: v0.3.1 and earlier name the last field differently.
        identities = [Identity(*entry.values()) for entry in left.get("processes", [])]
        # Kept in the record in case this run is killed meanwhile.
        self.keep(identities)
        stopped = [one.name for one in reversed(identities) if stop(one, self.folder.parent)]
        if stopped:
            say(f"Stopped what a killed make dev had left: {', '.join(stopped)}.")

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self.file.read_text())
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}
