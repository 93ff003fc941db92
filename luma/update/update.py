"""`make update`: take a release, and say how that ended."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from runpy import run_path
from typing import Any

from luma import steps, versions
from luma.clone import HEAD, Clone, cloned, later, wanted
from luma.problems import LumaError
from luma.store import UNDO, Store
from luma.update import conflicts, template
from luma.update.conflicts import Conflict

LOCKED = ("requirements*.txt", "package-lock.json")
MANIFESTS = ("requirements*.in", "package.json")
INSTALLED = {
    "tools/requirements.txt": "tools/.venv/bin/python",
    "api/requirements-dev.txt": ".venv/bin/python",
    "storefront/package-lock.json": "storefront/node_modules",
}
"""What `make setup` makes of a lock file. The launcher alone makes only the first."""

EXIT_CODES = {"current": 0, "updated": 0, "failed": 1, "refused": 1, "conflict": 2, "check": 3}


@dataclass(frozen=True)
class Request:
    """What the command line asks for."""

    to: str = ""
    candidates: bool = False
    data: Mapping[str, str] = field(default_factory=dict)
    aside: bool = False
    check: bool = True


@dataclass
class Outcome:
    """How an update ended; `state` is a key of EXIT_CODES."""

    before: str
    after: str
    state: str = "updated"
    news: list[tuple[str, str]] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)
    new_answers: dict[str, Any] = field(default_factory=dict)
    changed_answers: dict[str, Any] = field(default_factory=dict)
    locked: list[str] = field(default_factory=list)
    hint: str = ""


def update(store: Store, request: Request, say: Callable[[str], None]) -> Outcome:
    """Take a release, or other answers.

    Raises:
        LumaError: the store is as it was.

    """
    _refuse_what_could_be_lost(store)
    with cloned(store.source) as clone:
        target = _target(store, request, clone)
        if target is None:
            return Outcome(store.commit, store.commit, "current", hint=_hint(store, clone))
        outcome = Outcome(store.commit, _recorded_as(clone, target))
        _announce(outcome, clone, target, say)
        with _all_or_nothing(store):
            _take(store, request, outcome, clone, target)
    if outcome.conflicts:
        outcome.state = "conflict"
    elif request.check and not _checked(store, outcome, say):
        outcome.state = "check"
    return outcome


def _refuse_what_could_be_lost(store: Store) -> None:
    if rejected := store.names("ls-files", "-z", "--", "*.rej"):
        raise LumaError(
            f"{rejected[0]} is left from an earlier update. Apply its change, and delete it."
        )
    if left := store.git("status", "--porcelain", "--", "."):
        lines = left.splitlines()
        more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
        raise LumaError(
            f"There are changes that are not committed: {lines[0][3:]}{more}. Commit or stash "
            f"them first. If an interrupted update left them: {UNDO}"
        )


def _target(store: Store, request: Request, clone: Clone) -> str | None:
    """Return the name of the commit to take; None where there is nothing to do."""
    if request.to:
        name = wanted(clone, store.commit, request.to)
    else:
        name = [store.commit, *later(clone, store.commit, candidates=request.candidates)][-1]
    if clone.commit(name) != clone.commit(store.commit):
        return name
    return store.commit if request.data else None


def _hint(store: Store, clone: Clone) -> str:
    """Return what keeps a store that was generated between releases where it is."""
    if versions.is_release(store.commit):
        return ""
    if not clone.contains(HEAD, store.commit):
        return (
            f"The template's default branch does not contain {store.commit}. Updates continue "
            "once that commit is merged there."
        )
    if not clone.releases():
        return ""
    return (
        f"No release of the template contains {store.commit} yet. "
        'To follow its default branch: make update ARGS="--to HEAD"'
    )


def _recorded_as(clone: Clone, name: str) -> str:
    return name if versions.is_release(name) else clone.describe(name)


def _announce(outcome: Outcome, clone: Clone, target: str, say: Callable[[str], None]) -> None:
    outcome.news = versions.news(
        clone.text(outcome.before, versions.CHANGELOG),
        clone.text(target, versions.CHANGELOG),
        clone.git("tag", "--merged", outcome.before).split(),
    )
    if outcome.before == outcome.after:
        say(f"At {outcome.after}, with other answers.")
    else:
        say(f"From {outcome.before} to {outcome.after}.")
    for name, text in outcome.news:
        say(f"\n## {name}\n\n{text}")
    say("\nUpdating ...")


@contextmanager
def _all_or_nothing(store: Store) -> Iterator[None]:
    try:
        yield
    except BaseException:
        store.restore()
        raise


def _take(store: Store, request: Request, outcome: Outcome, clone: Clone, name: str) -> None:
    given_before = template.answers(store)
    target = clone.check_out(name)

    @cache
    def pristine() -> Path:
        return template.render(
            store, given_before, outcome.before, clone.folder.with_name("before")
        )

    template.take(store, clone.commit(name), request.data)
    given = template.answers(store)
    outcome.locked = _take_locks(store, target)
    cause = _cause(outcome, request)
    outcome.conflicts = [
        *conflicts.marked(store, conflicts.unmerged(store), cause),
        *conflicts.gone_with_edits(store, _moved(target), pristine, cause),
    ]
    outcome.by_hand = [
        *steps.left(store, versions.by_hand(text for _, text in outcome.news)),
        *conflicts.dropped(
            store,
            template.owned_files(store, target, given),
            pristine,
            lambda: template.render(
                store, given, clone.commit(name), clone.folder.with_name("after")
            ),
        ),
    ]
    aside = list(conflicts.put_aside(store, outcome.conflicts, pristine)) if request.aside else []
    _tell_answers(outcome, given_before, given, request)
    outcome.changed = sorted({*store.changed(), *aside})


def _tell_answers(
    outcome: Outcome, before: dict[str, Any], after: dict[str, Any], request: Request
) -> None:
    for name, value in after.items():
        if name not in before and name not in request.data:
            outcome.new_answers[name] = value
        elif value != before.get(name):
            outcome.changed_answers[name] = value


def _cause(outcome: Outcome, request: Request) -> str:
    """Return what changes the store's files, as a conflict names it."""
    if not request.data:
        return "the release"
    return "a changed answer" if outcome.before == outcome.after else "the update"


def _take_locks(store: Store, target: Path) -> list[str]:
    """Take the release's side of locks in conflict; return those to lock again.

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


def _moved(target: Path) -> set[str]:
    """Return the paths whose edits the template itself takes to another place."""
    migrations = target / "migrations" / "declared.py"
    if not migrations.exists():
        return set()
    known = run_path(str(migrations))
    return set(known["moves"](known["declared"]()))


def _checked(store: Store, outcome: Outcome, say: Callable[[str], None]) -> bool:
    if outcome.locked:
        say(f"Locking again, because you changed their manifests: {', '.join(outcome.locked)}")
        if not _make(store, "lock"):
            return False
    if not _is_set_up(store) or any(_matches(f, LOCKED) for f in outcome.changed):
        say("Installing what the release needs ...")
        if not _make(store, "setup"):
            return False
    return _make(store, "check")


def _is_set_up(store: Store) -> bool:
    return all(
        (store.root / installed).exists()
        for lock, installed in INSTALLED.items()
        if (store.root / lock).exists()
    )


def _make(store: Store, goal: str) -> bool:
    return not subprocess.run(
        ["make", "--no-print-directory", goal], cwd=store.root, stdout=sys.stderr, check=False
    ).returncode
