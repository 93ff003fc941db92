"""The store's own repository, through git and its answers file."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

from luma.git import blob, git
from luma.problems import LumaError

ANSWERS = ".copier-answers.yml"
UNDO = "git reset -q . && git checkout . && git clean -fd"
"""Brings the store's folder back to its last commit; an update begins where that loses nothing."""


@dataclass(frozen=True)
class Store:
    """A generated repository, the template's address and the release it was generated from."""

    root: Path
    source: str
    commit: str

    @property
    def has_starter(self) -> bool:
        """Return whether it was generated with the starter."""
        recorded = yaml.safe_load((self.root / ANSWERS).read_text(encoding="utf-8"))
        return bool(recorded.get("include_starter", True))

    def git(self, *arguments: str) -> str:
        """Return what git prints.

        Raises:
            LumaError: git refused.

        """
        return git(*arguments, folder=self.root)

    def names(self, *arguments: str) -> list[str]:
        """Return the paths that a git command with `-z` prints."""
        return [name for name in self.git(*arguments).split("\0") if name]

    def changed(self) -> list[str]:
        """Return each path that differs from the last commit, new ones included."""
        differ = self.names("diff", "--name-only", "--no-renames", "--relative", "-z", "HEAD")
        return sorted({*differ, *self.names("ls-files", "--others", "--exclude-standard", "-z")})

    def committed(self, path: str) -> bytes | None:
        """Return a file's bytes in the last commit; None where it has none."""
        return blob(self.root, f"HEAD:./{path}")

    def holds(self, *search: str) -> bool:
        """Return whether git grep finds something in the files, committed or not.

        Raises:
            LumaError: git refused the search.

        """
        command = ["git", "grep", "--quiet", "--untracked", *search]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)
        if done.returncode > 1:
            raise LumaError(f"git grep: {' '.join(done.stderr.split())}")
        return done.returncode == 0

    def keeps_alike(self, path: str, one: bytes, other: bytes) -> bool:
        """Return whether git would store the same for two contents of a file.

        A checkout may have other line endings than the template, as git's settings want it.
        """
        return one == other or self._stored(path, one) == self._stored(path, other)

    def _stored(self, path: str, content: bytes) -> bytes:
        command = ["git", "hash-object", "--stdin", "--path", path]
        done = subprocess.run(
            command, cwd=self.root, input=content, capture_output=True, check=False
        )
        return done.stdout or content

    def restore(self) -> None:
        """Bring the last commit back."""
        self.git("reset", "--quiet", ".")
        self.git("checkout", "--quiet", ".")
        self.git("clean", "--quiet", "-fd")


def find(root: Path) -> Store:
    """Return the store that lies in a folder.

    Raises:
        LumaError: there is none, or nobody can tell what it was generated from.

    """
    file = root / ANSWERS
    if not file.is_file():
        raise LumaError(f"{root} holds no {ANSWERS}. Run this in a store's folder.")
    try:
        recorded = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        source, commit = recorded.get("_src_path"), recorded.get("_commit")
    except (yaml.YAMLError, AttributeError):
        source = commit = None
    if not source or not commit:
        raise LumaError(
            f"{ANSWERS} names no _src_path and _commit. Restore it: git checkout -- {ANSWERS}"
        )
    _require_commit(root)
    return Store(root, str(source), str(commit))


def _require_commit(root: Path) -> None:
    first = 'git add -A && git commit -m "Start the store"'
    try:
        git("rev-parse", "--is-inside-work-tree", folder=root)
    except LumaError as error:
        raise LumaError(f"{root} is not in a git repository. Run git init && {first}") from error
    if blob(root, f"HEAD:./{ANSWERS}") is None:
        raise LumaError(f"The store in {root} is not committed yet. Run {first}")
