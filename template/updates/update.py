"""`make update`: take a release, and say what became of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from runpy import run_path
from typing import Any

from . import conflicts, release, template
from .conflicts import Conflict
from .problems import UpdateError
from .store import ANSWERS, UNDO, Store

LOCKED = ("requirements*.txt", "package-lock.json")
MANIFESTS = ("requirements*.in", "package.json")

EXIT_CODES = {"current": 0, "updated": 0, "failed": 1, "refused": 1, "conflict": 2, "check": 3}


@dataclass(frozen=True)
class Wish:
    """What the command line asks for."""

    to: str = ""
    candidates: bool = False
    data: Mapping[str, str] = field(default_factory=dict)
    aside: bool = False
    check: bool = True


@dataclass
class Outcome:
    """What became of an update; `state` is a key of EXIT_CODES."""

    before: str
    after: str
    state: str = "updated"
    news: list[tuple[str, str]] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)
    new_answers: dict[str, Any] = field(default_factory=dict)
    locked: list[str] = field(default_factory=list)


def update(store: Store, wish: Wish, say: Callable[[str], None]) -> Outcome:
    """Take a release.

    Raises:
        UpdateError: the store is as it was.

    """
    _refuse_what_could_be_lost(store)
    tag = _target(store, wish)
    outcome = Outcome(store.commit, tag)
    if tag == store.commit and not wish.data:
        outcome.state = "current"
        return outcome
    with tempfile.TemporaryDirectory(prefix="template-") as folder:
        work = Path(folder).resolve()
        target = release.fetch(store.source, tag, work / "release")
        _announce(outcome, target, say)
        with _all_or_nothing(store):
            _take(store, wish, outcome, target, work)
    if outcome.conflicts:
        outcome.state = "conflict"
    elif wish.check and not _checked(store, outcome, say):
        outcome.state = "check"
    return outcome


def _refuse_what_could_be_lost(store: Store) -> None:
    if not release.is_release(store.commit):
        raise UpdateError(
            f"This store was generated from {store.commit}, which is not a release, so nobody can "
            f"tell its edits from the template's. Write the nearest release into {ANSWERS} as "
            "_commit, and commit that; what differs then counts as your edits."
        )
    if not release.is_reachable(store.source):
        raise UpdateError(
            f"The template's address is recorded as {store.source}, which leads nowhere from here. "
            f"Write its full https:// address into {ANSWERS} as _src_path, and commit that."
        )
    if rejected := store.names("ls-files", "-z", "--", "*.rej"):
        raise UpdateError(
            f"{rejected[0]} is left from an earlier update: take its change over, and delete it."
        )
    if left := store.git("status", "--porcelain"):
        lines = left.splitlines()
        more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
        raise UpdateError(
            f"There are changes that are not committed: {lines[0][3:]}{more}. Commit or stash "
            f"them first. If they are what an interrupted update left: {UNDO}"
        )


def _target(store: Store, wish: Wish) -> str:
    releases = release.all_releases(store.source)
    tag = release.choose(releases, wish.to, candidates=wish.candidates)
    if release.order(tag) < release.order(store.commit):
        if wish.to:
            raise UpdateError(
                f"This store is at {store.commit}; {tag} is older, and updates only go forward."
            )
        return store.commit
    return tag


def _announce(outcome: Outcome, target: Path, say: Callable[[str], None]) -> None:
    changelog = (target / "CHANGELOG.md").read_text(encoding="utf-8")
    outcome.news = release.news(changelog, outcome.before, outcome.after)
    outcome.by_hand = list(release.by_hand(text for _, text in outcome.news))
    if outcome.before == outcome.after:
        say(f"At {outcome.after}, with other answers.")
    else:
        say(f"From {outcome.before} to {outcome.after}.")
    for tag, text in outcome.news:
        say(f"\n## {tag}\n\n{text}")
    say("\nUpdating ...")


@contextmanager
def _all_or_nothing(store: Store) -> Iterator[None]:
    try:
        yield
    except BaseException:
        store.restore()
        raise


def _take(store: Store, wish: Wish, outcome: Outcome, target: Path, work: Path) -> None:
    given_before = template.answers(store)

    @cache
    def pristine() -> Path:
        return template.render(store, given_before, work / "before")

    template.take(store, outcome.after, wish.data)
    outcome.locked = _take_locks(store, target)
    outcome.conflicts = [
        *conflicts.marked(store, conflicts.unmerged(store)),
        *conflicts.gone_with_edits(store, _moved(target, outcome), pristine),
    ]
    aside = list(conflicts.put_aside(store, outcome.conflicts, pristine)) if wish.aside else []
    outcome.new_answers = {
        key: value for key, value in template.answers(store).items() if key not in given_before
    }
    outcome.changed = sorted({*store.changed(), *aside})


def _take_locks(store: Store, target: Path) -> list[str]:
    """Take the release's side of locks in conflict; give those that have to be locked afresh.

    Nobody merges a lock by hand: it follows from the manifest beside it.
    """
    for file in conflicts.unmerged(store):
        if _matches(file, LOCKED):
            shutil.copyfile(target / "template" / file, store.root / file)
            store.git("reset", "--quiet", "--", file)
    return [
        file
        for file in store.changed()
        if _matches(file, LOCKED)
        and any(_differs(store, target, manifest) for manifest in _manifests(store, file))
    ]


def _manifests(store: Store, lock: str) -> list[str]:
    folder = Path(lock).parent
    return [
        (folder / path.name).as_posix()
        for pattern in MANIFESTS
        for path in (store.root / folder).glob(pattern)
    ]


def _differs(store: Store, target: Path, file: str) -> bool:
    shipped = target / "template" / file
    return shipped.is_file() and shipped.read_bytes() != (store.root / file).read_bytes()


def _matches(file: str, patterns: tuple[str, ...]) -> bool:
    return any(Path(file).match(pattern) for pattern in patterns)


def _moved(target: Path, outcome: Outcome) -> set[str]:
    """Give the paths whose edits the release itself takes to another place."""
    migrations = target / "migrations" / "declared.py"
    if not migrations.exists():
        return set()
    known = run_path(str(migrations))
    crossed = known["crossed"](known["declared"](), outcome.before, outcome.after)
    return set(known["moves"](crossed))


def _checked(store: Store, outcome: Outcome, say: Callable[[str], None]) -> bool:
    if outcome.locked:
        say(f"Locking again, because you have changed what they follow from: {outcome.locked}")
        if not _make(store, "lock"):
            return False
    if not (store.root / ".venv").exists() or any(_matches(f, LOCKED) for f in outcome.changed):
        say("Installing what the release needs ...")
        if not _make(store, "setup"):
            return False
    return _make(store, "check")


def _make(store: Store, goal: str) -> bool:
    return not subprocess.run(
        ["make", "--no-print-directory", goal], cwd=store.root, stdout=sys.stderr, check=False
    ).returncode
