"""Releases that do not exist yet, for stores to be updated to: fixtures, none of them ships."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copier import run_copy

from support.checkout import ROOT, git
from support.edits import replace
from support.history import release_working_tree
from support.stores import commit, start
from support.warm import run_python

NEXT = "v10000.0.0"
CANDIDATE = "v10001.0.0rc1"


@dataclass(frozen=True)
class Result:
    """How a command of the store ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return the object that it printed."""
        return json.loads(self.out)


def clone(history: Path, destination: Path) -> Path:
    """Return a template repository that may be written to."""
    git("clone", "-q", str(history), str(destination), cwd=history)
    return destination


def change(repository: Path, path: str, old: str, new: str) -> None:
    """Replace a text that is there, in one file of the template or of a store."""
    replace(repository / path, old, new)


def edit(store: Path, path: str, old: str, new: str) -> None:
    """Change one file of a store as its team does, and commit that."""
    change(store, path, old, new)
    commit(store, f"Edit {path}")


def publish(template: Path, tag: str, changelog: str) -> None:
    """Release what lies in a template's folder, with a section in its changelog."""
    file = template / "CHANGELOG.md"
    head, mark, rest = file.read_text(encoding="utf-8").partition("\n## v")
    file.write_text(f"{head}\n## {tag} - 2030-01-01\n\n{changelog}\n{mark}{rest}", encoding="utf-8")
    release_working_tree(template, tag)


def store_of(template: Path, store: Path, tag: str, **answers: Any) -> Path:
    """Generate a store from a release and commit it."""
    run_copy(
        str(template), store, data=answers, vcs_ref=tag, defaults=True, quiet=True, unsafe=True
    )
    start(store)
    return store


def updates(
    store: Path, *arguments: str, environment: Mapping[str, str | None] | None = None
) -> Result:
    """Run the working tree's `luma` in a store, which trusts its own template."""
    merged = {**os.environ, "COPIER_SETTINGS_PATH": None, **(environment or {})}
    given = {name: value for name, value in merged.items() if value is not None}
    done = run_python([ROOT / "luma", *arguments], store, given)
    assert "Traceback" not in done.stderr, done.stderr
    return Result(done.returncode, done.stdout, done.stderr)


def found_at(address: str, place: Path | str) -> dict[str, str]:
    """Return the variables with which git reads an address from a place on this machine."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{place}.insteadOf",
        "GIT_CONFIG_VALUE_0": address,
    }


def keep_side(file: Path, side: str) -> None:
    """Resolve a conflict as an editor does when one side is chosen."""
    kept, current = [], ""
    for line in file.read_text().splitlines(keepends=True):
        if line.startswith("<<<<<<< "):
            current = "before updating"
        elif line.startswith("=======") and current:
            current = "after updating"
        elif line.startswith(">>>>>>> "):
            current = ""
        elif current in {"", side}:
            kept.append(line)
    file.write_text("".join(kept))
