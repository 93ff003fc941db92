"""What `python3 -m luma new` records, and what it says at its end."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.checkout import git
from support.copier_cli import run_warm
from support.fleets import with_python
from support.later import clone, found_at, updates
from support.stores import answers_of, commit, start

from luma import environment


@pytest.fixture(scope="session", autouse=True)
def copier_is_installed() -> None:
    """Let `luma new` find in this Python what it would install."""
    environment.remember(environment.VENV, environment.LOCKS / "copier.txt")


@pytest.fixture
def checkout(history: Path, tmp_path: Path) -> Path:
    """Return a clone of the template without tags, as a fork is cloned, with its origin."""
    git("clone", "-q", "--no-tags", str(history), str(tmp_path / "checkout"), cwd=history)
    with_python(tmp_path / "checkout")
    return tmp_path / "checkout"


def new(checkout: Path, store: Path, *options: str, code: int = 0) -> str:
    """Run the README's first command without a terminal; return all that it prints."""
    done = run_warm(["-m", "luma", "new", store, *options], checkout)
    assert done.code == code, done.text
    return done.text


REMOTES = {
    "https://git.invalid/acme/luma.git": "https://git.invalid/acme/luma.git",
    "https://git.invalid/acme/luma": "git+https://git.invalid/acme/luma",
    "https://github.com/acme/luma": "https://github.com/acme/luma",
    "https://token@github.com/acme/luma": "https://github.com/acme/luma",
    "https://me:token@git.invalid/acme/luma.git": "https://git.invalid/acme/luma.git",
    "git@git.invalid:acme/luma.git": "git@git.invalid:acme/luma.git",
    "ssh://git:token@git.invalid/acme/luma": "git+ssh://git@git.invalid/acme/luma",
    "file:///nowhere/luma": "git+file:///nowhere/luma",
}
"""An origin, and the address that a store records for it."""


@pytest.mark.parametrize(("origin", "recorded"), REMOTES.items())
def test_a_store_records_the_origin_of_the_checkout_without_credentials(
    origin: str, recorded: str, checkout: Path, tmp_path: Path
) -> None:
    git("config", "remote.origin.url", origin, cwd=checkout)

    printed = new(checkout, tmp_path / "store")

    assert answers_of(tmp_path / "store")["_src_path"] == recorded
    assert f"Updates come from {recorded}.\n" in printed
    assert "token" not in printed
    assert not [
        path
        for path in (tmp_path / "store").rglob("*")
        if path.is_file() and b"token@" in path.read_bytes()
    ]


@pytest.mark.parametrize("recorded", ["git+https://git.invalid/acme/luma", "gh:acme/luma"])
def test_copier_update_and_doctor_take_the_same_addresses(
    recorded: str, checkout: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    git("remote", "remove", "origin", cwd=checkout)
    new(checkout, store)
    start(store)
    answers = store / ".copier-answers.yml"
    source = answers_of(store)["_src_path"]
    answers.write_text(answers.read_text().replace(source, recorded))
    commit(store, "Record an address")
    (checkout / "template" / "later.txt").write_text("later\n")
    commit(checkout, "Add a file")
    for_git = {"gh:acme/luma": "https://github.com/acme/luma"}.get(recorded, recorded[4:])
    environment = found_at(for_git, f"{checkout}/")

    found = updates(store, "doctor", environment=environment)
    done = updates(store, "update", "--no-check", environment=environment)

    assert "Nothing to fix." in found.out, found.out
    assert done.code == 0, done.err
    assert (store / "later.txt").exists()


def test_a_commit_that_origin_lacks_is_followed_in_the_checkout(
    checkout: Path, tmp_path: Path
) -> None:
    (checkout / "template" / "later.txt").write_text("later\n")
    commit(checkout, "Not pushed yet")

    printed = new(checkout, tmp_path / "store")

    assert answers_of(tmp_path / "store")["_src_path"] == str(checkout)
    assert f"Updates come from {checkout}, a folder on this machine." in printed
    assert "does not have commit" in printed


def test_defaults_may_be_asked_for_without_a_terminal(checkout: Path, tmp_path: Path) -> None:
    new(checkout, tmp_path / "store", "--defaults", "--data", "tier=growth")

    assert answers_of(tmp_path / "store")["tier"] == "growth"


def test_changes_that_are_not_committed_stay_out_and_are_told(
    checkout: Path, tmp_path: Path
) -> None:
    git("remote", "remove", "origin", cwd=checkout)
    (checkout / "template" / "later.txt").write_text("later\n")

    printed = new(checkout, tmp_path / "store")

    recorded = answers_of(tmp_path / "store")["_commit"]
    assert git("rev-parse", recorded, cwd=checkout) == git("rev-parse", "HEAD", cwd=checkout)
    assert not (tmp_path / "store" / "later.txt").exists()
    assert "has changes that are not committed. The store is generated from the last" in printed


def test_without_git_a_store_says_that_it_takes_no_updates(checkout: Path, tmp_path: Path) -> None:
    shutil.rmtree(checkout / ".git")

    assert "It takes no updates, because" in new(checkout, tmp_path / "store")


def test_the_folder_has_to_be_new(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "mine.txt").touch()

    assert "exists and is not empty" in new(checkout, tmp_path / "store", code=1)
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["mine.txt"]


def test_the_closing_message_fits_a_screen_and_its_commands_work(
    checkout: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"

    _, _, closing = new(checkout, store).partition("Luma Store is ready in ")

    lines = closing.splitlines()
    assert len(lines) < 24
    commands = [line.strip() for line in lines if line.startswith("  ")]
    enter, first, run, change = commands
    assert enter == f"cd {store}"
    subprocess.run(first, shell=True, cwd=store, check=True, capture_output=True)  # noqa: S602
    assert run.startswith("make setup && make dev")
    arguments = re.fullmatch(r'make update ARGS="(.*)"', change)
    assert arguments is not None
    given = arguments[1].replace("repository=VALUE", "repository=lamps/shop")
    given = given.replace("alert_email=VALUE", "alert_email=ida@lamps.example")

    done = updates(store, "update", "--no-check", *given.split())

    assert done.code == 0, done.err
    recorded = answers_of(store)
    assert (recorded["repository"], recorded["alert_email"]) == ("lamps/shop", "ida@lamps.example")


def test_one_command_tags_the_releases_of_a_fork(history: Path, tmp_path: Path) -> None:
    fork = clone(history, tmp_path / "fork")
    tags = git("tag", cwd=fork).split()
    for tag in tags:
        git("tag", "-d", tag, cwd=fork)
    command = [sys.executable, "-m", "luma", "release"]

    made = subprocess.run([*command, "--tags"], cwd=fork, check=True, capture_output=True)

    assert b"git push origin --tags" in made.stdout
    recorded = {path.stem for path in (fork / "luma" / "releases").glob("v*.yml")}
    assert set(git("tag", cwd=fork).split()) == recorded
    for tag in recorded:
        here = git("rev-parse", f"{tag}^{{commit}}", cwd=fork)
        assert here == git("rev-parse", f"{tag}^{{commit}}", cwd=history)
    assert (
        b"Every release has its tag"
        in subprocess.run([*command, "--tags"], cwd=fork, check=True, capture_output=True).stdout
    )
