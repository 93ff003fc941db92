"""The migrations that lie beside this file, one module per release that needs one."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from inspect import isfunction
from pathlib import Path
from runpy import run_path
from typing import Any

from packaging.version import Version

Answers = dict[str, Any]
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Migration:
    """What one release changes.

    `steps` change a store's answers in place and do nothing the second time. `moved` maps old
    paths to new ones, `removed` old paths to the reason why they are gone. All of it goes by what
    a store holds and not by the versions that an update crosses: a template without tags has none.
    """

    release: Version
    steps: tuple[Callable[[Answers], None], ...]
    moved: Mapping[str, str]
    removed: Mapping[str, str]


def declared(folder: Path = HERE) -> list[Migration]:
    """Load every migration of a folder, the oldest first."""
    found = [_load(path) for path in folder.glob("v*_*_*.py")]
    return sorted(found, key=lambda migration: migration.release)


def crossed(migrations: Sequence[Migration], before: str, after: str) -> list[Migration]:
    """Return the migrations; the `make update` of v0.3.0 asks for those between two versions."""
    del before, after
    return list(migrations)


def migrate(migrations: Sequence[Migration], answers: Mapping[str, Any]) -> Answers:
    """Return the answers as they are after the migrations."""
    migrated = deepcopy(dict(answers))
    for migration in migrations:
        for step in migration.steps:
            step(migrated)
    return migrated


def moves(migrations: Sequence[Migration]) -> dict[str, str]:
    """Map each old path to where it is after all the migrations, however often it moved."""
    where: dict[str, str] = {}
    for migration in migrations:
        for old, new in migration.moved.items():
            first = next((path for path, last in where.items() if last == old), old)
            where[first] = new
        where = {old: new for old, new in where.items() if new not in migration.removed}
    return where


def due(moves: Mapping[str, str], store: Path) -> dict[str, str]:
    """Choose the moves that concern an update which has just written its files.

    A file is where it was in the last commit, or in its new place for the first time.
    """
    if not moves:
        return {}
    listed = subprocess.run(
        ["git", "ls-tree", "-r", "-z", "--name-only", "HEAD", "--", *moves, *moves.values()],
        cwd=store, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    had = set(listed.split("\0"))
    return {
        old: new
        for old, new in moves.items()
        if old in had or (new not in had and (store / new).exists())
    }


def _load(path: Path) -> Migration:
    content = run_path(str(path), run_name=path.stem)
    steps = tuple(
        value
        for name, value in content.items()
        if isfunction(value) and value.__module__ == path.stem and not name.startswith("_")
    )
    return Migration(
        Version(path.stem.replace("_", ".")),
        steps,
        content.get("MOVED", {}),
        content.get("REMOVED", {}),
    )
