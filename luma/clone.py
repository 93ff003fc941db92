"""A clone of the template, and what a store can take from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.luma import for_git

from luma import address
from luma.git import git
from luma.problems import LumaError
from luma.versions import is_candidate, is_release, version

HEAD = "HEAD"
"""The newest commit of the template's default branch."""


@dataclass(frozen=True)
class Clone:
    """The template's repository with its whole history; files are there once checked out."""

    source: str
    folder: Path

    def git(self, *arguments: str) -> str:
        """Return what git prints in the clone.

        Raises:
            LumaError: git refused.

        """
        return git(*arguments, folder=self.folder)

    def releases(self) -> list[str]:
        """Return every release, the oldest first."""
        return sorted(filter(is_release, self.git("tag").split()), key=version)

    def commit(self, name: str) -> str:
        """Return the full id of a commit.

        Raises:
            LumaError: the template has no such commit.

        """
        try:
            return self.git("rev-parse", "--verify", "--quiet", name + "^{commit}").strip()
        except LumaError as error:
            missing = "tag" if is_release(name) else "commit"
            raise LumaError(
                f"The template at {self.source} has no {missing} {name}, which this store was "
                "generated from: push it there first."
            ) from error

    def contains(self, name: str, commit: str) -> bool:
        """Return whether a commit is another one, or part of what that is built on."""
        return not self.git("rev-list", "--max-count=1", commit, f"^{name}")

    def describe(self, name: str) -> str:
        """Return how Copier records a commit."""
        return self.git("describe", "--tags", "--always", name).strip()

    def text(self, name: str, path: str) -> str:
        """Return a file's text at a commit; empty where it has none."""
        if not self.git("ls-tree", "--name-only", name, "--", path):
            return ""
        return self.git("show", f"{name}:{path}")

    def check_out(self, name: str) -> Path:
        """Write the files of a commit into the clone's folder; return that."""
        self.git("checkout", "--quiet", "--detach", self.commit(name))
        return self.folder


@contextmanager
def cloned(source: str) -> Iterator[Clone]:
    """Clone the template for as long as the block runs.

    Raises:
        LumaError: it cannot be reached.

    """
    if wrong := address.problem(source):
        raise LumaError(f"{wrong}, as _src_path into .copier-answers.yml, and commit that.")
    with TemporaryDirectory(prefix="template-") as folder:
        clone = Path(folder).resolve() / "template"
        command = ("clone", "--quiet", "--no-checkout", "--filter=blob:none")
        try:
            git(*command, "--", for_git(source), str(clone), folder=clone.parent)
        except LumaError as error:
            raise LumaError(f"The template at {source} cannot be reached. {error}") from error
        yield Clone(source, clone)


def later(clone: Clone, commit: str, *, candidates: bool) -> list[str]:
    """Return the releases that come after a commit, the oldest first.

    A template without releases offers HEAD.
    """
    releases, here = clone.releases(), clone.commit(commit)
    offered = [tag for tag in releases if candidates or not is_candidate(tag)]
    return [
        name
        for name in (offered if releases else [HEAD])
        if _comes_after(clone, name, commit) and clone.commit(name) != here
    ]


def wanted(clone: Clone, commit: str, name: str) -> str:
    """Return the release or HEAD that was asked for, if a store at a commit can take it.

    Raises:
        LumaError: there is no such release, or it does not come after the commit.

    """
    releases = clone.releases()
    if name != HEAD and name not in releases:
        there = f"The newest are {', '.join(releases[-3:])}" if releases else "There are none yet"
        raise LumaError(
            f"There is no release {name}. {there}. HEAD is the template's default branch."
        )
    if _comes_after(clone, name, commit):
        return name
    if is_release(commit) and is_release(name):
        raise LumaError(f"This store is at {commit}; {name} is older, and updates only go forward.")
    raise LumaError(
        f"{name} does not contain {commit}, which this store was generated from. Taking it would "
        "remove what the store has."
    )


def _comes_after(clone: Clone, name: str, commit: str) -> bool:
    """Return whether a store at a commit loses nothing by taking another one, or the same.

    Releases go by their numbers: a later one brings what an earlier one had, also where that was
    made on a branch of its own. Any other commit has to be part of what is taken.
    """
    if is_release(commit) and is_release(name):
        return version(name) >= version(commit)
    return clone.contains(name, clone.commit(commit))
