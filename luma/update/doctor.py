"""`make doctor`: how a store differs from its recorded release."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tools.blueprint import without_own
from tools.repository import BLUEPRINT, Finding

from luma import address, steps, versions
from luma.clone import HEAD, Clone, cloned, later
from luma.problems import LumaError, ReleaseError
from luma.store import ANSWERS, Store
from luma.update import template


@dataclass
class Diagnosis:
    """What was found; `edited` and `by_hand` are no problems.

    `behind` counts the releases after the store's own, or the commits in a template without
    releases.
    """

    release: str
    newest: str = ""
    behind: int = 0
    edited: list[str] = field(default_factory=list)
    diverged: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        """Return whether nothing needs doing."""
        return not self.diverged and not self.problems


def diagnose(store: Store) -> Diagnosis:
    """Compare the store with its recorded release and with its own contract."""
    found = Diagnosis(store.commit)
    found.problems += _about_address(store)
    try:
        with cloned(store.source) as clone:
            _look_ahead(store, clone, found)
            for finding in _findings(store, clone):
                (found.by_hand if finding.by_hand else found.problems).append(str(finding))
            found.by_hand += _steps(store, clone)
            _compare(store, clone, found)
    except LumaError as error:
        found.problems.append(str(error))
    return found


def mend(store: Store, file: str) -> None:
    """Write a file as the recorded release has it.

    Raises:
        LumaError: it isn't the template's, or holds changes that nobody has committed.

    """
    if store.git("status", "--porcelain", "--", file):
        raise LumaError(f"{file} has changes that are not committed. Commit or discard them.")
    with cloned(store.source) as clone:
        fresh = _fresh(store, clone)
        if file not in fresh:
            raise LumaError(f"{file} is not one of the template's files in {store.commit}.")
        target = store.root / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(fresh[file].read_bytes())
        target.chmod(stat.S_IMODE(fresh[file].stat().st_mode))


def _look_ahead(store: Store, clone: Clone, found: Diagnosis) -> None:
    ahead = later(clone, store.commit, candidates=False)
    found.newest, found.behind = ahead[-1] if ahead else "", len(ahead)
    if ahead == [HEAD]:
        found.newest = clone.describe(HEAD)
        found.behind = int(clone.git("rev-list", "--count", f"{store.commit}..{HEAD}"))


def _steps(store: Store, clone: Clone) -> Iterator[str]:
    """Return what releases up to the store's own left to its people, where a search finds that."""
    for release, text in versions.sections(clone.text(store.commit, versions.CHANGELOG)).items():
        asked = filter(steps.search, versions.by_hand([text]))
        yield from (f"{release}: {step}" for step in steps.left(store, asked))


def _compare(store: Store, clone: Clone, found: Diagnosis) -> None:
    if store.git("rev-parse", "--is-shallow-repository").strip() == "true":
        raise LumaError(
            "This clone has only the newest commits, which do not show what you edited. Run git "
            "fetch --unshallow."
        )
    fresh = _fresh(store, clone)
    different = [file for file in sorted(fresh) if _differs(store, file, fresh[file])]
    uncommitted, updates = set(store.changed()), _commits(store, ANSWERS)
    for file in different:
        # An update's own commit changes the answers file. Where only those touched a file, nobody
        # wanted the difference, and no later update repairs it: Copier applies what changed between
        # two releases, and would take it for an edit.
        edited = file in uncommitted or _commits(store, file) - updates
        (found.edited if edited else found.diverged).append(file)


def _commits(store: Store, file: str) -> set[str]:
    return set(store.git("log", "--format=%H", "--", file).split())


def _fresh(store: Store, clone: Clone) -> dict[str, Path]:
    """Return every file of the recorded release that the template owns, freshly generated."""
    given = template.answers(store)
    source = clone.check_out(store.commit)
    owned = template.owned_by_template(store, source, given)
    generated = template.render(store, given, store.commit, clone.folder.with_name("store"))
    paths = (Path(parent, name) for parent, _, names in os.walk(generated) for name in names)
    named = {path.relative_to(generated).as_posix(): path for path in paths}
    return {name: path for name, path in named.items() if name != ANSWERS and owned(name)}


def _differs(store: Store, file: str, fresh: Path) -> bool:
    mine = store.root / file
    if not mine.is_file() or os.access(mine, os.X_OK) != os.access(fresh, os.X_OK):
        return True
    content = mine.read_bytes()
    if file == BLUEPRINT:
        content = without_own(mine.read_text("utf-8")).encode()
    return not store.keeps_alike(file, content, fresh.read_bytes())


def _about_address(store: Store) -> Iterator[str]:
    if not address.problem(store.source) and not address.is_remote(store.source):
        yield (
            f"{ANSWERS}: _src_path {store.source} is a path on one machine; other machines need "
            "an https:// address"
        )


def _findings(store: Store, clone: Clone) -> Iterator[Finding]:
    """Apply the rules of `make check`, as the store's own release has them.

    That is the template's copy of them: code of the store is not run.
    """
    checks = clone.check_out(store.commit) / "template" / "tools" / "checks"
    if not checks.is_dir():  # before v0.4.0
        return
    done = subprocess.run(
        [sys.executable, "-m", "tools.checks", "--json", "--store", str(store.root)],
        cwd=checks.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"they ended with {done.returncode}"])[-1]
        raise ReleaseError(f"The rules of {store.commit} could not be applied: {last}")
    yield from (Finding(**finding) for finding in json.loads(done.stdout))
