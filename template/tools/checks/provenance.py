"""Rules about what an update of the template leaves behind."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ..repository import Finding, Repository, Rule

_MARKER = re.compile(rb"^(?:<<<<<<<|>>>>>>>) ", re.MULTILINE)
_NOT_OURS = {".dev", ".git", ".mypy_cache", ".next", ".pytest_cache", ".venv", "node_modules"}


def no_conflict_markers(repository: Repository) -> Iterator[Finding]:
    """A file with conflict markers is neither side's."""
    for path in _files(repository.root):
        text = path.read_bytes()
        if found := _MARKER.search(text):
            line = text.count(b"\n", 0, found.start()) + 1
            yield Finding(_name(repository, path), f"line {line}", "holds a conflict marker")


def no_rejects(repository: Repository) -> Iterator[Finding]:
    """A rejected change waits for somebody to take it over."""
    for path in _files(repository.root):
        if path.suffix == ".rej":
            file = _name(repository, path)
            target = file.removesuffix(".rej")
            yield Finding(file, "whole file", f"take its change over into {target}, or delete it")


def _files(root: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(root):
        folders[:] = sorted(set(folders) - _NOT_OURS)
        yield from (Path(parent, name) for name in sorted(files))


def _name(repository: Repository, path: Path) -> str:
    return path.relative_to(repository.root).as_posix()


RULES: tuple[Rule, ...] = (no_conflict_markers, no_rejects)
