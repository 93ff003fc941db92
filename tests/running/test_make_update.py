"""`make update` and `make lock` as a team runs them: with nothing but Python, git and make."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.checkout import git
from support.later import NEXT, change, clone, edit, keep_side, publish
from support.running_store import copy_of, make
from support.stores import answers_of

README = "You need Python 3.11 or later"
OURS = "You need Python 3.11, as on our laptops"


@pytest.fixture(scope="module")
def next_release(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a template whose next release changes a sentence."""
    repository = clone(history, tmp_path_factory.mktemp("later") / "template")
    change(repository, "template/README.md.jinja", README, "You need Python 3.12 or later")
    publish(repository, NEXT, "### Changed\n\n- Python 3.12.")
    return repository


@pytest.fixture
def store(installed: Callable[..., Path], next_release: Path, tmp_path: Path) -> Path:
    """Return an installed store that follows the template with the next release."""
    store = copy_of(installed(), tmp_path / "store")
    edit(store, ".copier-answers.yml", answers_of(store)["_src_path"], str(next_release))
    return store


def test_make_update_brings_its_own_copier_and_checks(store: Path) -> None:
    done = make(store, "update")

    assert done.returncode == 0, done.stdout + done.stderr
    assert (store / ".venv" / "copier" / "bin" / "python").exists()
    assert "- Python 3.12." in done.stderr
    assert "0 findings" in done.stderr
    assert "README.md" in git("diff", "--name-only", cwd=store)
    assert answers_of(store)["_commit"] == NEXT


def test_a_conflict_ends_make_update_and_either_side_passes_make_check(store: Path) -> None:
    edit(store, "README.md", README, OURS)

    done = make(store, "update")

    assert done.returncode != 0
    assert "In conflict: README.md:" in done.stdout
    in_conflict = (store / "README.md").read_bytes()
    for side in ("before updating", "after updating"):
        (store / "README.md").write_bytes(in_conflict)
        keep_side(store / "README.md", side)
        checked = make(store, "check")
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_make_lock_keeps_what_is_locked_and_adds_what_is_new(store: Path) -> None:
    assert (locked := make(store, "lock")).returncode == 0, locked.stderr
    assert git("status", "--porcelain", cwd=store) == ""

    with (store / "api" / "requirements.in").open("a") as manifest:
        manifest.write("isodate\n")
    assert make(store, "lock").returncode == 0

    changed = git("diff", "--name-only", cwd=store).split()
    assert changed == ["api/requirements-dev.txt", "api/requirements.in", "api/requirements.txt"]
    added = [
        line[1:].split("==")[0]
        for line in git("diff", "-U0", "--", "api/requirements.txt", cwd=store).splitlines()
        if line.startswith("+") and "==" in line
    ]
    assert added == ["isodate"]
    assert "://" not in (store / "api" / "requirements.txt").read_text()


def test_a_python_without_copier_and_network_is_told(store: Path, tmp_path: Path) -> None:
    """What a person sees on a train."""
    pip = tmp_path / "pip.conf"
    pip.write_text("[global]\nno-index = true\n")
    shutil.rmtree(store / ".venv" / "copier", ignore_errors=True)

    done = make(store, "update", f"PYTHON=PIP_CONFIG_FILE={pip} python3")

    assert done.returncode != 0
    assert "Copier could not be installed" in done.stderr
    assert git("status", "--porcelain", cwd=store) == ""
