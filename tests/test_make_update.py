"""What a store team may rely on when it runs `make update`."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.checkout import ROOT, WORKING_TREE_TAG, git
from support.copier_cli import content
from support.later import (
    CANDIDATE,
    NEXT,
    change,
    clone,
    edit,
    keep_side,
    publish,
    store_of,
    updates,
)
from support.stores import answers_of, commit, findings

from luma.store import UNDO

README = "You need Python 3.11 or later"
MODULES = "storefront/node_modules/next"


@pytest.fixture(scope="module")
def template(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a template with a next release and a candidate for the one after it."""
    repository = clone(history, tmp_path_factory.mktemp("later") / "template")
    change(repository, "template/README.md.jinja", README, "You need Python 3.12 or later")
    change(repository, "template/tools/requirements.txt", "pyyaml==6.0.3", "pyyaml==6.0.4")
    (repository / "template/monitoring/slo.yml").unlink()
    change(repository, "template/tools/checks/__main__.py", "monitoring.RULES", "()")
    questions = "extensions/decisions/questions.py"
    change(repository, questions, '("customize_plans",', '("gift_wrap", "customize_plans",')
    with (repository / "copier.yml").open("a") as config:
        config.write("\ngift_wrap:\n  type: bool\n  default: true\n")
    publish(
        repository,
        NEXT,
        "### Changed\n\n- Python 3.12.\n\n### By hand\n\n- Raise your laptop's\n  Python to 3.12.\n"
        "- Say so. It is done when `git grep 'Python 3.12' -- README.md` finds something.",
    )
    (repository / "template" / "candidate.txt").write_text("soon\n")
    publish(repository, CANDIDATE, "### Added\n\n- Something untried.\n")
    return repository


def test_an_update_says_what_comes_and_what_became_of_it(store: Path) -> None:
    done = updates(store, "update", "--no-check")

    assert done.code == 0, done.err
    assert f"From {WORKING_TREE_TAG} to {NEXT}." in done.err
    assert "- Python 3.12." in done.err
    assert "Something untried" not in done.err
    assert "By hand: Raise your laptop's Python to 3.12." in done.out
    assert 'New question: gift_wrap is "True"' in done.out
    assert answers_of(store)["_commit"] == NEXT
    assert "Python 3.12" in (store / "README.md").read_text()
    assert git("log", "--format=%s", cwd=store).splitlines() == ["Start from the template"]


def test_the_summary_is_also_there_as_json(store: Path) -> None:
    summary = updates(store, "update", "--no-check", "--json").json

    assert summary["state"] == "updated"
    assert (summary["before"], summary["after"]) == (WORKING_TREE_TAG, NEXT)
    assert "README.md" in summary["changed"]
    assert summary["conflicts"] == []
    assert summary["by_hand"] == ["Raise your laptop's Python to 3.12."]
    assert summary["new_answers"] == {"gift_wrap": True}


def test_a_candidate_is_taken_only_when_asked_for(store: Path) -> None:
    assert updates(store, "update", "--no-check", "--candidates").code == 0
    assert (store / "candidate.txt").exists()


def test_without_a_newer_release_nothing_happens(store: Path) -> None:
    updates(store, "update", "--no-check")
    commit(store, "Take the release")
    before = content(store)

    done = updates(store, "update")

    assert (done.code, done.out) == (0, f"This store is at {NEXT}, and there is nothing newer.\n")
    assert content(store) == before


def test_an_answer_is_changed_without_taking_a_release(store: Path) -> None:
    done = updates(
        store, "update", "--no-check", "--to", WORKING_TREE_TAG, "--data", "store_name=Red Lamp"
    )

    assert done.code == 0, done.err
    assert answers_of(store)["store_name"] == "Red Lamp"
    assert answers_of(store)["_commit"] == WORKING_TREE_TAG
    assert f"files, still at {WORKING_TREE_TAG}." in done.out
    assert 'Changed answer: store_name is now "Red Lamp".' in done.out


def test_an_answer_that_was_just_given_is_no_new_question(store: Path) -> None:
    plans = ("--data", "customize_plans=true", "--data", "cloudinary_plan=plus")

    told = updates(store, "update", "--no-check", "--json", *plans, "--data", "gift_wrap=no").json

    assert told["changed_answers"] == {
        "customize_plans": True,
        "cloudinary_plan": "plus",
        "gift_wrap": False,
    }
    assert "postgres_plan" in told["new_answers"]
    assert not told["new_answers"].keys() & told["changed_answers"].keys()


def write(path: str, text: str = "x\n") -> object:
    return lambda store: (store / path).write_text(text)


def recorded(name: str, value: str) -> Callable[[Path], None]:
    def change_it(store: Path) -> None:
        before = answers_of(store)[name]
        edit(store, ".copier-answers.yml", f"{name}: {before}", f"{name}: {value}")

    return change_it


def leave_reject(store: Path) -> None:
    (store / "README.md.rej").write_text("")
    commit(store, "Merge the pull request as it is")


MISTAKES = {
    "reject": (leave_reject, [], "README.md.rej is left from an earlier update"),
    "changes": (write("README.md"), [], f"not committed: README.md. .*{re.escape(UNDO)}"),
    "new file": (write("new.txt"), [], "not committed: new.txt"),
    "no git": (lambda store: shutil.rmtree(store / ".git"), [], "is not in a git repository"),
    "no store": (
        lambda store: (store / ".copier-answers.yml").unlink(),
        [],
        "holds no .copier-answers.yml",
    ),
    "unknown commit": (
        recorded("_commit", "v0.2.0-3-gabc1234"),
        [],
        "has no commit v0.2.0-3-gabc1234, which this store was generated from: push it there",
    ),
    "unknown tag": (recorded("_commit", "v0.2.9"), [], "has no tag v0.2.9"),
    "relative address": (recorded("_src_path", "../template"), [], "is not found from here"),
    "no git address": (
        recorded("_src_path", "https://git.invalid/acme/template"),
        [],
        r"for a folder, .*\. Write git\+https://git.invalid/acme/template, as _src_path",
    ),
    "address gone": (recorded("_src_path", "/nowhere/at/all"), [], "cannot be reached"),
    "unknown release": (None, ["--to", "v77.0.0"], f"no release v77.0.0. The newest are .*{NEXT}"),
    "older release": (None, ["--to", "v0.2.0"], "v0.2.0 is older, and updates only go forward"),
    "no value": (None, ["--data", "tier"], "must be NAME=VALUE"),
    "no option": (None, ["tier=growth"], "unrecognized arguments: tier=growth"),
    "no quotes": (
        None,
        ["--data", "store_name=The", "Blue", "Lamp", "--data", "tier=demo"],
        "ARGS=\"--data 'store_name=The Blue Lamp'\"",
    ),
    "unknown answer": (None, ["--data", "teir=demo"], "no question .teir.. Did you mean tier?"),
    "region": (
        None,
        ["--data", "region=ohio"],
        "region cannot change .*monitoring/runbooks/move-region-or-rename.md",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_and_changes_nothing(mistake: str, store: Path) -> None:
    make, arguments, says = MISTAKES[mistake]
    if callable(make):
        make(store)
    before = content(store)

    done = updates(store, "update", *arguments)

    assert done.code == 1
    assert content(store) == before
    assert re.search(says, done.err.replace("\n", " ")), done.err


@pytest.mark.parametrize(
    ("missing", "goals"),
    [("", ["check"]), (MODULES, ["setup", "check"])],
)
def test_a_clone_that_was_never_set_up_is_set_up(
    missing: str, goals: list[str], store: Path, tmp_path: Path
) -> None:
    """What the launcher needs is there, and nothing of the shop."""
    for installed in ("tools/.venv/bin/python", ".venv/bin/python", MODULES):
        if installed != missing:
            (store / installed).parent.mkdir(parents=True, exist_ok=True)
            (store / installed).touch()
    make = tmp_path / "bin/make"
    make.parent.mkdir()
    make.write_text(f'#!/bin/sh\necho "$2" >> {tmp_path / "goals"}\n')
    make.chmod(0o755)

    done = updates(
        store,
        "update",
        *("--to", WORKING_TREE_TAG, "--data", "store_name=Red Lamp"),
        environment={"PATH": f"{make.parent}:{os.environ['PATH']}"},
    )

    assert done.code == 0, done.err
    assert (tmp_path / "goals").read_text().split() == goals


@pytest.mark.parametrize(
    "write_as",
    ["{} # as released", "'{}'", '"{}"  # as released'],
)
def test_the_answers_file_may_be_written_as_yaml_allows(write_as: str, store: Path) -> None:
    for name in ("_commit", "_src_path"):
        recorded(name, write_as.format(answers_of(store)[name]))(store)

    done = updates(store, "update", "--no-check", "--json")

    assert done.code == 0, done.err
    assert (done.json["before"], done.json["after"]) == (WORKING_TREE_TAG, NEXT)


def test_a_fleet_trusts_addresses_in_its_settings_and_no_others(
    store: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text("trust: [https://github.com/acme/]\n")
    before = content(store)

    done = updates(store, "update", environment={"COPIER_SETTINGS_PATH": str(settings)})

    assert done.code == 1
    assert f"is not among the trusted ones of {settings}" in done.err
    assert content(store) == before


def test_a_conflict_is_named_and_can_be_taken_back(store: Path) -> None:
    edit(store, "README.md", README, "You need Python 3.11, as on our laptops")
    before = content(store)

    done = updates(store, "update", "--no-check")

    assert done.code == 2
    lines = (store / "README.md").read_text().splitlines()
    line = lines.index("<<<<<<< before updating") + 1
    assert f"In conflict: README.md:{line}: " in done.out
    assert findings(store) == [f"README.md: line {line}: has a conflict marker"]
    assert UNDO in done.out
    subprocess.run(UNDO, shell=True, cwd=store, check=True, capture_output=True)  # noqa: S602
    assert content(store) == before


@pytest.mark.parametrize("side", ["before updating", "after updating"])
def test_a_conflict_is_resolved_by_either_side(side: str, store: Path) -> None:
    edit(store, "README.md", README, "You need Python 3.11, as on our laptops")
    updates(store, "update", "--no-check")

    keep_side(store / "README.md", side)

    assert findings(store) == []


def test_where_nobody_is_there_a_conflict_is_put_aside(store: Path) -> None:
    ours = "You need Python 3.11, as on our laptops"
    edit(store, "README.md", README, ours)
    (store / ".git/info/exclude").write_text("*.rej\n")

    done = updates(store, "update", "--aside", "--json")

    assert done.code == 2
    assert [conflict["file"] for conflict in done.json["conflicts"]] == ["README.md"]
    assert "README.md.rej" in done.json["changed"]
    assert ours in (store / "README.md").read_text()
    rejected = (store / "README.md.rej").read_text()
    assert "-You need Python 3.11 or later" in rejected
    assert "+You need Python 3.12 or later" in rejected
    assert git("ls-files", "--unmerged", cwd=store) == ""
    assert findings(store)[0].startswith("README.md.rej: whole file: apply its change")
    (store / "README.md.rej").unlink()
    assert findings(store) == []


def test_a_lock_in_conflict_follows_its_manifest(store: Path) -> None:
    edit(store, "tools/requirements.txt", "pyyaml==6.0.3", "pyyaml==6.0.2")

    done = updates(store, "update", "--no-check", "--json")

    assert done.code == 0
    assert "pyyaml==6.0.4" in (store / "tools/requirements.txt").read_text()
    assert done.json["locked"] == []


def test_a_lock_is_named_when_its_manifest_holds_a_stores_own(store: Path) -> None:
    edit(store, "tools/requirements.in", "pyyaml", "pyyaml\nrich")

    done = updates(store, "update", "--no-check", "--json")

    assert done.json["locked"] == ["tools/requirements.txt"]


def test_a_file_that_the_release_removes_is_named_when_it_was_edited(store: Path) -> None:
    edit(store, "monitoring/slo.yml", "target: 0.999", "target: 0.9995")

    done = updates(store, "update", "--no-check", "--aside", "--json")

    assert done.code == 2
    (conflict,) = done.json["conflicts"]
    assert conflict["file"] == "monitoring/slo.yml"
    assert conflict["why"].startswith("the release has removed it")
    assert "git show HEAD:monitoring/slo.yml" in conflict["why"]
    assert "target: 0.9995" in (store / "monitoring/slo.yml").read_text()
    assert (store / "monitoring/slo.yml.rej").exists()


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["--to", WORKING_TREE_TAG, "--data", "enable_logrocket=false"], "a changed answer"),
        (["--data", "enable_logrocket=false"], "the update"),
    ],
)
def test_a_file_that_an_answer_removes_is_not_blamed_on_the_release(
    arguments: list[str], cause: str, template: Path, tmp_path: Path
) -> None:
    store = store_of(template, tmp_path / "store", WORKING_TREE_TAG, enable_logrocket=True)
    with (store / "monitoring/replay/style.ts").open("a") as file:
        file.write("// Ida's colours.\n")
    commit(store, "Use our colours")

    done = updates(store, "update", "--no-check", "--json", *arguments)

    told = {conflict["file"]: conflict["why"] for conflict in done.json["conflicts"]}
    assert told["monitoring/replay/style.ts"].startswith(f"{cause} has removed it")


def unrenderable(template: Path) -> str:
    (template / "template" / "zzz.txt.jinja").write_text("{{ store.nothing_of_the_kind }}\n")
    return "nothing_of_the_kind"


def fails_at_its_end(template: Path) -> str:
    ends_with(template, "exit 7")
    return "exit 7"


def ends_with(template: Path, command: str) -> None:
    """Let an update to v10002.0.0 run a command when it has written everything."""
    with (template / "copier.yml").open("a") as config:
        config.write(f"\n_migrations:\n  - version: v10002.0.0\n    command: {command}\n")


@pytest.mark.parametrize("defect", [unrenderable, fails_at_its_end])
def test_a_release_with_a_defect_leaves_the_store_as_it_was(
    defect: Callable[[Path], str], template: Path, store: Path, tmp_path: Path
) -> None:
    broken = clone(template, tmp_path / "broken")
    says = defect(broken)
    publish(broken, "v10002.0.0", "")
    edit(store, ".copier-answers.yml", f"_src_path: {template}", f"_src_path: {broken}")
    before = content(store)

    done = updates(store, "update", "--json")

    assert (done.code, done.json["state"]) == (1, "failed")
    assert says in done.err
    assert content(store) == before
    assert git("status", "--porcelain", cwd=store) == ""


def test_ctrl_c_while_it_writes_leaves_the_store_as_it_was(
    template: Path, store: Path, tmp_path: Path
) -> None:
    slow = clone(template, tmp_path / "slow")
    ends_with(slow, "touch written && sleep 60")
    publish(slow, "v10002.0.0", "")
    edit(store, ".copier-answers.yml", f"_src_path: {template}", f"_src_path: {slow}")
    before = content(store)
    running = subprocess.Popen(
        [sys.executable, ROOT / "luma", "update", "--no-check"],
        cwd=store,
        env={name: os.environ[name] for name in os.environ if name != "COPIER_SETTINGS_PATH"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    while not (store / "written").exists():
        assert running.poll() is None
        time.sleep(0.02)

    os.killpg(running.pid, signal.SIGINT)
    _, printed = running.communicate(timeout=60)

    assert running.returncode in {1, 130}, printed
    assert "Traceback" not in printed
    assert git("status", "--porcelain", cwd=store) == ""
    assert content(store) == before
