"""Rules about this store's answers, and about what an update leaves behind."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ..repository import ANSWERS, Finding, Repository, Rule

_MARKER = re.compile(rb"^(?:<<<<<<<|>>>>>>>) ", re.MULTILINE)
_EXAMPLES = {
    "repository": (re.compile(r"my-organisation/.*"), "OWNER/NAME"),
    "alert_email": (re.compile(r".*@example\.com"), "ADDRESS"),
}
_TEXTS = "storefront/src/texts.ts"
_TO_WRITE = re.compile(r"\[([A-Z][^\]\"]*)\](?=[^\"\n]*\")")
_IGNORED_FOLDERS = {
    ".dev",
    ".git",
    ".mypy_cache",
    ".next",
    ".pytest_cache",
    ".venv",
    "node_modules",
}


def examples_replaced(repository: Repository) -> Iterator[Finding]:
    """A new store may keep the questions' examples; a live one needs real answers."""
    if not repository.exists(ANSWERS):
        return
    for name, (example, value) in _EXAMPLES.items():
        answer = str(repository.answers.get(name, ""))
        if example.fullmatch(answer):
            command = f'make update ARGS="--data {name}={value}"'
            message = f"{answer} is an example; before the store goes live: {command}"
            yield Finding(ANSWERS, name, message, by_hand=True)


def texts_written(repository: Repository) -> Iterator[Finding]:
    """What a new store's texts have in brackets is what only its people know."""
    if not repository.exists(_TEXTS):
        return
    if left := _TO_WRITE.findall((repository.root / _TEXTS).read_text(encoding="utf-8")):
        message = f"{len(left)} texts are to be written before the store goes live"
        yield Finding(_TEXTS, "in brackets", f'{message}, the first is "[{left[0]}]"', by_hand=True)


def no_conflict_markers(repository: Repository) -> Iterator[Finding]:
    """A conflict is resolved before the file is used."""
    for path in _files(repository.root):
        text = path.read_bytes()
        if found := _MARKER.search(text):
            line = text.count(b"\n", 0, found.start()) + 1
            yield Finding(_name(repository, path), f"line {line}", "has a conflict marker")


def no_rejects(repository: Repository) -> Iterator[Finding]:
    """A .rej file holds a change that an update could not make."""
    for path in _files(repository.root):
        if path.suffix == ".rej":
            file = _name(repository, path)
            target = file.removesuffix(".rej")
            yield Finding(file, "whole file", f"apply its change to {target}, then delete it")


def _files(root: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(root):
        folders[:] = sorted(set(folders) - _IGNORED_FOLDERS)
        yield from (Path(parent, name) for name in sorted(files))


def _name(repository: Repository, path: Path) -> str:
    return path.relative_to(repository.root).as_posix()


RULES: tuple[Rule, ...] = (examples_replaced, texts_written, no_conflict_markers, no_rejects)
