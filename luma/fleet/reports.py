"""How the update of a store ended: one JSON line, in its own file in the folder of reports."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

STATES = {
    "updated": "has the release",
    "by hand": "has the release; its people have something left to do",
    "current": "already had the release",
    "check": "has the release; the rules of make check found a problem",
    "conflict": "has the release, except where .rej files hold its changes",
    "refused": "is as it was",
    "failed": "may be incomplete: see the reason",
}
PASSED = ("updated", "by hand", "current")
NOT_WRITTEN = ("refused", "failed")
NEEDS_SOMEBODY = ("check", "conflict", *NOT_WRITTEN)


@dataclass(frozen=True)
class Report:
    """How the update of a store ended; `state` is a key of STATES.

    `by_hand` is by the release that asks for it. `findings` is None where the rules of
    `make check` were not run.
    """

    store: str
    release: str
    state: str
    before: str = ""
    reason: str = ""
    conflicts: list[str] = field(default_factory=list)
    by_hand: dict[str, list[str]] = field(default_factory=dict)
    findings: list[str] | None = None

    def why(self) -> str:
        """Return why somebody is needed, on one line."""
        told = [" ".join(self.reason.split()), ", ".join(self.conflicts), *(self.findings or [])]
        return "; ".join(filter(None, told))


def write(folder: Path, report: Report) -> None:
    """Write a store's report in place of its last one; nobody sees half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    target = _file(folder, report.store)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    draft.write_text(f"{json.dumps(asdict(report), ensure_ascii=False)}\n", encoding="utf-8")
    draft.replace(target)


def read(folder: Path, store: str) -> Report | None:
    """Return a store's last report."""
    file = _file(folder, store)
    return _parsed(file) if file.exists() else None


def read_all(folder: Path) -> Iterator[Report]:
    """Return every store's last report, by name."""
    yield from map(_parsed, sorted(folder.glob("*.json")))


def _file(folder: Path, store: str) -> Path:
    return folder / f"{store.replace('/', '__')}.json"


def _parsed(file: Path) -> Report:
    written = json.loads(file.read_text(encoding="utf-8"))
    if isinstance(written["by_hand"], list):  # before v0.4.0
        written["by_hand"] = {written["release"]: written["by_hand"]}
    return Report(**written)
