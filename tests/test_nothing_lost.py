"""What no merge can keep ends an update before it writes, and what it leaves out is named."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.checkout import git
from support.copier_cli import content, copier
from support.later import NEXT, clone, edit, publish, updates
from support.stores import ANSWERS_FILE, answers_of, commit, start

from luma.store import UNDO

ADDED = "added.txt"
RUNBOOKS = "monitoring/runbooks"
CHANGED = f"{RUNBOOKS}/api-slow.md"
Update = Callable[[Path], tuple[int, str]]


@pytest.fixture(scope="module")
def template(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a template whose next release adds a file and changes a runbook."""
    repository = clone(history, tmp_path_factory.mktemp("later") / "template")
    (repository / "template" / ADDED).write_text("added\n")
    with (repository / "template" / f"{CHANGED}.jinja").open("a") as runbook:
        runbook.write("\nAsk Ida.\n")
    publish(repository, NEXT, "### Added\n\n- A file.")
    return repository


def by_copier(store: Path) -> tuple[int, str]:
    done = copier("update", "--trust", "--defaults", cwd=store)
    return done.code, done.text


def by_make(store: Path) -> tuple[int, str]:
    done = updates(store, "update", "--no-check")
    return done.code, done.out + done.err


both_ways = pytest.mark.parametrize("update", [by_copier, by_make])


def ignored(store: Path) -> None:
    (store / ".git/info/exclude").write_text(f"{ADDED}\n")
    (store / ADDED).write_text("mine\n")


def edited_behind_a_link(store: Path) -> None:
    (store / "docs").mkdir()
    shutil.move(store / RUNBOOKS, store / "docs" / "runbooks")
    (store / RUNBOOKS).symlink_to("../docs/runbooks")
    with (store / CHANGED).open("a") as runbook:
        runbook.write("\nAsk Ben.\n")


def folder_for_a_file(store: Path) -> None:
    (store / ADDED).mkdir()
    (store / ADDED / "mine.txt").touch()


def file_for_a_folder(store: Path) -> None:
    shutil.rmtree(store / RUNBOOKS)
    (store / RUNBOOKS).write_text("They are in our wiki.\n")


OBSTACLES = {
    "ignored": (ignored, f"would write over {ADDED}, which git does not keep for this store"),
    "behind a link": (edited_behind_a_link, f"would write over {CHANGED}, which git does not keep"),
    "folder": (folder_for_a_file, f"{ADDED} is a folder here, and the template has a file"),
    "file": (file_for_a_folder, f"{RUNBOOKS} is a file here, and the template has a folder"),
}


@both_ways
@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_no_merge_brings_back_is_not_written_over(
    obstacle: str, update: Update, store: Path
) -> None:
    make, says = OBSTACLES[obstacle]
    make(store)
    if git("status", "--porcelain", cwd=store):
        commit(store, "Make it ours")
    before = content(store)

    code, printed = update(store)

    assert code == 1
    assert content(store) == before
    assert says in printed
    assert "Nothing was changed." in printed
    assert "Traceback" not in printed


@both_ways
def test_a_room_that_git_does_not_keep_is_updated_while_nobody_has_edited_it(
    update: Update, store: Path
) -> None:
    git("rm", "-r", "-q", "--cached", RUNBOOKS, cwd=store)
    (store / ".git/info/exclude").write_text(f"{RUNBOOKS}/\n")
    commit(store, "Keep the runbooks out of git")

    code, printed = update(store)

    assert code == 0, printed
    assert "Ask Ida." in (store / CHANGED).read_text()


def moved(store: Path) -> None:
    (store / "docs").mkdir()
    shutil.move(store / CHANGED, store / "docs")


def deleted(store: Path) -> None:
    (store / CHANGED).unlink()


def linked(store: Path) -> None:
    moved(store)
    (store / CHANGED).symlink_to("../../docs/api-slow.md")


@pytest.mark.parametrize("make", [moved, deleted, linked])
def test_a_change_to_a_file_that_the_store_has_elsewhere_is_left_by_hand(
    make: Callable[[Path], None], store: Path
) -> None:
    make(store)
    (store / "monitoring/slo.yml").unlink()
    commit(store, "Make it ours")

    done = updates(store, "update", "--no-check", "--json")

    assert done.code == 0, done.err
    [told] = done.json["by_hand"]
    assert told.startswith(f"{CHANGED} changed in the template, but this store has moved")


@pytest.fixture
def within(generated: Path, template: Path, tmp_path: Path) -> Path:
    """Return a store in a folder of a larger repository, with work of others around it."""
    repository = tmp_path / "larger"
    shutil.copytree(
        generated, repository / "shops/lamps", symlinks=True, ignore=shutil.ignore_patterns(".git")
    )
    (repository / "other.txt").write_text("committed\n")
    (repository / "shops/other.txt").write_text("committed\n")
    start(repository)
    (repository / "other.txt").write_text("at work\n")
    (repository / "new.txt").write_text("at work\n")
    (repository / "shops/other.txt").write_text("at work\n")
    git("add", "shops/other.txt", cwd=repository)
    assert answers_of(repository / "shops/lamps")["_src_path"] == str(template)
    return repository / "shops/lamps"


def outside(store: Path) -> tuple[str, dict[str, tuple[bool, str]]]:
    """Return status and content of the repository around a store."""
    repository = store.parent.parent
    status = git("status", "--porcelain", "--untracked-files=all", cwd=repository).splitlines()
    around = {path: each for path, each in content(repository).items() if "shops/lamps" not in path}
    return "\n".join(line for line in status if "shops/lamps" not in line), around


@both_ways
def test_a_store_within_a_larger_repository_is_updated_and_nothing_else(
    update: Update, within: Path, store: Path
) -> None:
    before = outside(within)

    code, printed = update(within)

    assert code == 0, printed
    assert outside(within) == before
    update(store)
    assert content(within) == content(store)


def test_a_conflict_within_a_larger_repository_is_named_and_undone(within: Path) -> None:
    with (within / CHANGED).open("a") as runbook:
        runbook.write("\nAsk Ben.\n")
    git("commit", "-q", "-m", "Ask Ben", "--", CHANGED, cwd=within)
    git("add", "../other.txt", cwd=within)
    before, around = content(within), outside(within)

    done = updates(within, "update", "--no-check", "--json")

    assert done.code == 2, done.err
    assert [conflict["file"] for conflict in done.json["conflicts"]] == [CHANGED]
    assert set(done.json["changed"]) == {ANSWERS_FILE, ADDED, CHANGED}
    subprocess.run(UNDO, shell=True, cwd=within, check=True, capture_output=True)  # noqa: S602
    assert (content(within), outside(within)) == (before, around)


@pytest.mark.parametrize("created", [False, True])
def test_a_store_without_a_commit_is_not_offered_to_be_undone(created: bool, store: Path) -> None:
    shutil.rmtree(store / ".git")
    if created:
        git("init", "-q", cwd=store)
    before = content(store)

    done = updates(store, "update")

    assert (done.code, content(store)) == (1, before)
    assert "git clean" not in done.err
    assert 'git add -A && git commit -m "Start the store"' in done.err


def test_all_that_git_says_is_told(store: Path, tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(
        "#!/bin/sh\necho 'git@git.invalid: Permission denied (publickey).' >&2\nexit 255\n"
    )
    ssh.chmod(0o755)
    edit(store, ANSWERS_FILE, answers_of(store)["_src_path"], "git@git.invalid:acme/luma.git")

    done = updates(store, "update", environment={"GIT_SSH": str(ssh), "GIT_SSH_VARIANT": "simple"})

    assert done.code == 1
    assert "The template at git@git.invalid:acme/luma.git cannot be reached." in done.err
    assert "Permission denied (publickey)" in done.err


@pytest.mark.parametrize(
    ("there", "goals"),
    [
        (["tools/.venv/bin/python"], ["setup", "check"]),
        (
            [".venv/bin/python", "tools/.venv/bin/python", "storefront/node_modules/.keep"],
            ["check"],
        ),
    ],
    ids=["only what the launcher installs", "all that make setup installs"],
)
def test_a_clone_is_set_up_unless_it_is_already(
    there: list[str], goals: list[str], store: Path, tmp_path: Path
) -> None:
    for installed in there:
        (store / installed).parent.mkdir(parents=True)
        (store / installed).touch()
    make = tmp_path / "bin" / "make"
    make.parent.mkdir()
    make.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/goals\n')
    make.chmod(0o755)

    done = updates(store, "update", environment={"PATH": f"{make.parent}:/usr/bin:/bin"})

    assert done.code == 0, done.err
    made = (tmp_path / "goals").read_text().split()
    assert [goal for goal in made if not goal.startswith("-")] == goals
