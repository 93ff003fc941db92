"""An update that is killed loses nothing: git has it all, and the next one succeeds."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil
import pytest
from copier import run_copy
from support.checkout import git
from support.copier_cli import content, copier
from support.edits import apply, edits_for
from support.history import RECORDED
from support.stores import ANSWERS_FILE, commit, start
from support.warm import Python

from luma.store import UNDO

RELEASE = [*RECORDED][-1]
KILLS, CHUNKS = 24, 4
COMMAND = ("update", "--trust", "--defaults")


@dataclass(frozen=True)
class Kill:
    """A signal at a point of the update: a share of the time that it takes undisturbed."""

    share: float
    signal: signal.Signals
    send: Callable[[int, int], None]


@dataclass(frozen=True)
class Case:
    """A team's store at the last release, and the same one after an update in peace."""

    store: Path
    before: dict[str, tuple[bool, str]]
    updated: dict[str, tuple[bool, str]]
    seconds: float


def kills() -> Iterator[Kill]:
    """Spread kills over the whole of an update: of all of its processes, or of Copier's alone."""
    random = Random(4)  # noqa: S311 - the same points in every run
    ways = [(signal.SIGKILL, os.killpg), (signal.SIGKILL, os.kill), (signal.SIGINT, os.killpg)]
    for number in range(KILLS):
        yield Kill((number + random.random()) / KILLS, *ways[number % len(ways)])


@pytest.fixture(scope="session")
def case(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("interrupted")
    store, updated = folder / "store", folder / "updated"
    run_copy(str(history), store, vcs_ref=[*RECORDED][-1], defaults=True, quiet=True, unsafe=True)
    start(store)
    apply(store, edits_for(store))
    commit(store, "Make it ours")
    (store / ".env").write_text("ADMIN_TOKEN=only-here\n")
    shutil.copytree(store, updated, symlinks=True)
    started = time.monotonic()
    outcome = copier(*COMMAND, cwd=updated)
    seconds = time.monotonic() - started
    assert outcome.code == 0, outcome.text
    return Case(store, content(store), content(updated), seconds)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_killed_update_is_undone_by_one_command(
    chunk: int, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    store, seconds = tmp_path / "store", case.seconds
    shutil.copytree(case.store, store, symlinks=True)
    for kill in [*kills()][chunk::CHUNKS]:
        started = time.monotonic()
        while not kill_update(store, kill, after(kill.share * seconds)):
            # It was faster than the undisturbed one, and so has done its work.
            seconds = time.monotonic() - started
            assert_undone(store, case)
            started = time.monotonic()
        assert_undone(store, case)

    outcome = copier(*COMMAND, cwd=store)
    assert outcome.code == 0, outcome.text
    assert content(store) == case.updated


@pytest.mark.parametrize("kill", [*kills()][:3], ids=["all processes", "Copier alone", "Ctrl-C"])
def test_an_update_that_is_killed_while_it_writes_is_undone_by_one_command(
    kill: Kill, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    store = tmp_path / "store"
    shutil.copytree(case.store, store, symlinks=True)
    recorded = (store / ANSWERS_FILE).read_bytes()

    assert kill_update(store, kill, lambda: (store / ANSWERS_FILE).read_bytes() != recorded)

    assert git("status", "--porcelain", cwd=store)
    assert_undone(store, case)


def after(seconds: float) -> Callable[[], bool]:
    """Return a function that tells whether a time is over."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def kill_update(store: Path, kill: Kill, due: Callable[[], bool]) -> bool:
    """Start an update and kill it when it is due; tell whether it had not ended by itself."""
    process = Python(["-m", "copier", *COMMAND], store)
    while process.poll() is None:
        if due():
            kill.send(process.pid, kill.signal)
            process.wait()
            while any(works(left, process.pid) for left in psutil.process_iter(["status"])):
                time.sleep(0.01)
            return True
        time.sleep(0.002)
    return False


def works(process: psutil.Process, group: int) -> bool:
    """Return whether a process of a group is still at work."""
    try:
        return os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE
    except ProcessLookupError:
        return False


def assert_undone(store: Path, case: Case) -> None:
    """Do what docs/update.md says, and what git says where it was killed itself."""
    (store / ".git/index.lock").unlink(missing_ok=True)
    subprocess.run(UNDO, shell=True, cwd=store, check=True, capture_output=True)  # noqa: S602

    assert content(store) == case.before
    assert git("status", "--porcelain", cwd=store) == ""
    git("fsck", "--no-dangling", "--no-progress", cwd=store)
