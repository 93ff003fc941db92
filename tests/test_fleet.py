"""What a platform team may rely on when it gives many stores a release."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.checkout import ROOT, WORKING_TREE_TAG, git
from support.edits import apply, edits_for
from support.fleets import Fleet, heads, lost, with_python
from support.history import RECORDED, release_working_tree
from support.later import NEXT, change, clone, edit, publish, store_of
from support.stores import commit, start

from luma.fleet import reports
from luma.fleet.gate import hold_back
from luma.fleet.reports import Report
from luma.problems import LumaError

README = "You need Python 3.11 or later"
BY_HAND = "Tell the team about gift wrap."
CHANGELOG = f"""\
# Changelog

## Unreleased

## {WORKING_TREE_TAG} - 2030-01-01

### By hand

- {BY_HAND}
"""
CANDIDATE = "v0.2.0rc1"


# A fleet of real stores, at three releases and with their teams' edits.

TAGS = (*[*RECORDED][:2], WORKING_TREE_TAG)
EXPECTED = {
    "first-1": "by hand",
    "first-2": "conflict",
    "second-1": "by hand",
    "newer-1": "updated",
    "newer-2": "conflict",
    "current": "current",
    "dirty": "refused",
    "untagged": "refused",
    "elsewhere": "refused",
    "another": "refused",
    "empty": "refused",
}


@pytest.fixture(scope="module")
def fleet(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    folder = tmp_path_factory.mktemp("fleet").resolve()
    fleet = Fleet(folder, folder / "acme" / "template")
    fleet.template.parent.mkdir()
    fleet.store("x").parent.mkdir(parents=True)
    clone(history, fleet.template)
    with_python(fleet.template)
    (fleet.template / "CHANGELOG.md").write_text(CHANGELOG)
    change(fleet.template, "template/README.md.jinja", README, "You need Python 3.12 or later")
    publish(fleet.template, NEXT, "### Changed\n\n- Python 3.12.\n")
    other = clone(history, fleet.folder / "acme" / "other")
    release_working_tree(other, NEXT)
    for name, tag in zip(("first", "second", "newer"), TAGS, strict=True):
        edited = store_of(fleet.template, fleet.store(f"{name}-1"), tag)
        apply(edited, edits_for(edited))
        commit(edited, "Make it ours")
    for name in ("first", "newer"):
        shutil.copytree(fleet.store(f"{name}-1"), fleet.store(f"{name}-2"), symlinks=True)
        edit(fleet.store(f"{name}-2"), "README.md", README, "You need Python 3.13 or later")
    store_of(fleet.template, fleet.store("current"), NEXT)
    for name in ("dirty", "untagged", "elsewhere", "another"):
        shutil.copytree(fleet.store("newer-1"), fleet.store(name), symlinks=True)
    (fleet.store("dirty") / "note.txt").write_text("mine\n")
    answers = ".copier-answers.yml"
    edit(fleet.store("untagged"), answers, WORKING_TREE_TAG, "v0.2.0-1-gabc1234")
    edit(fleet.store("elsewhere"), answers, "/acme/template", "/evil/template")
    edit(fleet.store("another"), answers, "/acme/template", "/acme/other")
    fleet.store("empty").mkdir()
    start_empty(fleet.store("empty"))
    return fleet


def start_empty(store: Path) -> None:
    (store / "README.md").write_text("Not a store.\n")
    start(store)


@pytest.fixture(scope="module")
def before(fleet: Fleet) -> dict[str, tuple[str, ...]]:
    return heads(fleet)


@pytest.fixture(scope="module")
def first(fleet: Fleet, before: dict[str, tuple[str, ...]]) -> subprocess.CompletedProcess[str]:
    assert before
    return fleet.campaign("--to", NEXT, "--commit")


@pytest.mark.xdist_group("fleet")
def test_every_store_is_classified(fleet: Fleet, first: subprocess.CompletedProcess[str]) -> None:
    assert fleet.states() == EXPECTED, first.stdout + first.stderr
    assert first.returncode == 123  # xargs: some were refused
    assert sorted(line.partition(":")[0] for line in first.stdout.splitlines()) == sorted(
        f"acme/{name}" for name in EXPECTED
    )


@pytest.mark.xdist_group("fleet")
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("dirty", "not committed: note.txt"),
        ("untagged", "has no commit v0.2.0-1-gabc1234, which this store was generated from"),
        ("elsewhere", "/evil/template, which --trust does not name"),
        ("another", "It is another template, or somebody has moved the tag"),
        ("empty", "holds no .copier-answers.yml"),
    ],
)
def test_a_refusal_says_why_and_leaves_the_store_as_it_was(
    name: str,
    sentence: str,
    fleet: Fleet,
    before: dict[str, tuple[str, ...]],
    first: subprocess.CompletedProcess[str],
) -> None:
    assert sentence in fleet.reports()[name].reason
    assert sentence in first.stdout
    assert heads(fleet)[name] == before[name]


@pytest.mark.xdist_group("fleet")
@pytest.mark.usefixtures("first")
@pytest.mark.parametrize("name", [name for name, state in EXPECTED.items() if state != "refused"])
def test_no_edit_is_lost(name: str, fleet: Fleet) -> None:
    store = fleet.store(name)

    assert list(lost(store)) == []
    assert f"_commit: {NEXT}\n" in (store / ".copier-answers.yml").read_text()
    assert git("status", "--porcelain", cwd=store) == ""
    assert not re.search("^<<<<<<< ", git("grep", "-hI", "", cwd=store), re.MULTILINE)


@pytest.mark.xdist_group("fleet")
@pytest.mark.usefixtures("first")
def test_a_conflict_keeps_the_stores_side_and_the_releases_change(fleet: Fleet) -> None:
    store = fleet.store("newer-2")

    assert fleet.reports()["newer-2"].conflicts == ["README.md"]
    assert "Python 3.13" in (store / "README.md").read_text()
    assert "+You need Python 3.12" in git("show", "HEAD:README.md.rej", cwd=store)


@pytest.mark.xdist_group("fleet")
@pytest.mark.usefixtures("first")
def test_a_report_says_where_a_store_came_from_and_what_is_left_to_do(fleet: Fleet) -> None:
    report = fleet.reports()["first-1"]

    assert (report.before, report.release) == (next(iter(RECORDED)), NEXT)
    assert report.by_hand == {WORKING_TREE_TAG: [BY_HAND]}
    assert report.findings == []
    branch = f"template/{NEXT}"
    assert git("branch", "--show-current", cwd=fleet.store("first-1")).strip() == branch


@pytest.mark.xdist_group("fleet")
@pytest.mark.usefixtures("first")
def test_a_second_run_writes_nothing_and_says_the_same(fleet: Fleet) -> None:
    then, said = heads(fleet), fleet.reports()

    again = fleet.campaign("--to", NEXT, "--commit")

    assert again.returncode == 123
    assert heads(fleet) == then
    assert fleet.reports() == said


@pytest.mark.xdist_group("fleet")
@pytest.mark.usefixtures("first")
def test_the_report_counts_and_names_who_is_needed(fleet: Fleet) -> None:
    table = report_of(fleet)

    assert re.search(r"^updated +1 ", table, re.MULTILINE)
    assert re.search(r"^refused +5 ", table, re.MULTILINE)
    assert "acme/newer-2: README.md" in table
    assert "acme/newer-1" not in table
    # Once, for the stores that need it, whether in conflict or not.
    assert table.count(BY_HAND) == 1
    assert f"{WORKING_TREE_TAG}, by hand in acme/first-1, acme/first-2, acme/second-1:" in table
    assert report_of(fleet, "--names", "updated") == "acme/newer-1\n"
    as_json = json.loads(report_of(fleet, "--json"))
    assert as_json["states"]["conflict"] == 2
    assert len(as_json["stores"]) == len(EXPECTED)


def report_of(fleet: Fleet, *options: str) -> str:
    return subprocess.run(
        [sys.executable, "luma", "fleet", "report", str(fleet.folder / "reports"), *options],
        cwd=fleet.template,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


# A fleet of stores that hold two files: what the driver itself does is the same, and takes less.

CONFIG = """\
_subdirectory: template
_jinja_extensions: [copier_template_extensions.TemplateExtensionLoader]
_exclude: [/updates, /tools, __pycache__]
store_slug: {type: str, default: lamp}
"""


RULES = """\
from tools.repository import Finding


def findings(repository):
    end = repository.text("page.txt").splitlines()[-1]
    return [] if end == "end" else [Finding("page.txt", end, "is not the end")]
"""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Return a fleet of two stores, of which `edited` will be in conflict; copy it."""
    folder = tmp_path_factory.mktemp("small").resolve()
    fleet = Fleet(folder, folder / "acme" / "template")
    for part in ("luma", "extensions", "template/tools"):
        shutil.copytree(ROOT / part, fleet.template / part)
    (fleet.template / "template/tools/checks/__main__.py").write_text(RULES)
    (fleet.template / "copier.yml").write_text(CONFIG)
    answers = fleet.template / "template/{{ _copier_conf.answers_file }}.jinja"
    answers.write_text("{{ _copier_answers | to_nice_yaml }}")
    git("init", "-q", "-b", "main", cwd=fleet.template)
    with_python(fleet.template)
    for tag in ("v0.1.0", CANDIDATE, "v0.2.0"):
        log = f"# Changelog\n\n## Unreleased\n\n## {tag} - 2030-01-01\n\n- News.\n"
        (fleet.template / "CHANGELOG.md").write_text(log)
        (fleet.template / "template/page.txt").write_text(f"title {tag}\nend\n")
        release_working_tree(fleet.template, tag)
    for name in ("plain", "edited"):
        store_of(fleet.template, fleet.store(name), "v0.1.0")
    edit(fleet.store("edited"), "page.txt", "title v0.1.0", "title of ours")
    # Python would take a store's own modules for the update's, were it run in the store's folder.
    (fleet.store("plain") / "luma.py").write_text("raise SystemExit('the store runs itself')\n")
    commit(fleet.store("plain"), "Add a module")
    return fleet


@pytest.fixture
def small(generated: Fleet, tmp_path: Path) -> Fleet:
    """Return a copy of the small fleet, with the same template: nobody may write into that."""
    shutil.copytree(generated.folder / "stores", tmp_path / "stores", symlinks=True)
    return Fleet(tmp_path.resolve(), generated.template)


def drive(
    fleet: Fleet, name: str, *options: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the driver in one store's folder, as multi-gitter does."""
    return subprocess.run(
        [*fleet.driver, *fleet.terms, f"{fleet.folder}/reports", "--to", "v0.2.0", *options],
        cwd=fleet.store(name),
        env={**os.environ, "REPOSITORY": f"acme/{name}", **(environment or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_two_runs_at_the_same_time_do_not_break_each_other(small: Fleet) -> None:
    options = ["reports", "--to", "v0.2.0", "--commit", "stores/acme/plain"]
    command = [*small.driver, *small.terms, *options]
    both = [
        subprocess.Popen(command, cwd=small.folder, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]

    said = [process.communicate(timeout=120)[0] for process in both]

    assert said == ["acme/plain: updated\n"] * 2
    assert len(git("log", "--format=%H", cwd=small.store("plain")).split()) == 3
    assert git("status", "--porcelain", cwd=small.store("plain")) == ""


def test_a_resolved_conflict_is_an_update(small: Fleet) -> None:
    assert drive(small, "edited", "--commit").returncode == 0
    assert small.states() == {"edited": "conflict"}
    git("rm", "-q", "page.txt.rej", cwd=small.store("edited"))
    commit(small.store("edited"), "Keep our title")

    drive(small, "edited", "--commit")

    assert small.states() == {"edited": "updated"}


def test_the_next_release_waits_until_a_conflict_is_resolved(small: Fleet) -> None:
    assert drive(small, "edited", "--to", "v0.2.0rc1", "--canaries", canaries(small, "edited"))
    commit(small.store("edited"), "Take it with its conflict")
    then = git("rev-parse", "HEAD", cwd=small.store("edited"))

    done = drive(small, "edited", "--commit")

    assert done.stdout == "acme/edited: conflict: left from an earlier update; page.txt\n"
    assert git("rev-parse", "HEAD", cwd=small.store("edited")) == then


def canaries(fleet: Fleet, *names: str) -> str:
    file = fleet.folder / "canaries.txt"
    file.write_text("# they go first\n" + "".join(f"acme/{name}\n" for name in names))
    return str(file)


def test_back_on_main_a_second_run_finds_the_first_ones_branch(small: Fleet) -> None:
    drive(small, "plain", "--commit")
    git("switch", "-q", "main", cwd=small.store("plain"))

    again = drive(small, "plain", "--commit")

    assert again.stdout == "acme/plain: updated\n"
    assert len(git("log", "--all", "--format=%H", cwd=small.store("plain")).split()) == 3


def test_a_commit_that_git_refuses_leaves_the_store_as_it_was(small: Fleet) -> None:
    (small.store("plain") / ".git/refs/heads/template").write_text("")

    done = drive(small, "plain", "--commit")

    assert done.returncode == 1
    assert small.states() == {"plain": "refused"}
    assert git("status", "--porcelain", cwd=small.store("plain")) == ""
    assert "title v0.1.0" in (small.store("plain") / "page.txt").read_text()


def test_an_update_that_breaks_off_is_reported_as_failed(small: Fleet) -> None:
    broken = Fleet(small.folder, clone(small.template, small.folder / "template"))
    with_python(broken.template)
    tool = broken.template / "luma/update/update.py"
    tool.write_text("raise SystemExit('the disk is full')\n")

    done = drive(broken, "plain", "--trust", f"{small.template.parent}/")

    assert done.returncode == 1
    assert small.reports()["plain"].reason == "the disk is full"
    assert small.states() == {"plain": "failed"}


def test_trust_comes_from_the_command_line_only(small: Fleet) -> None:
    settings = small.folder / "settings.yml"
    settings.write_text(f"trust: ['{small.template.parent}/']\n")
    options = [*small.driver, "--trust", "https://github.com/acme/", "--reports", "reports"]

    done = subprocess.run(
        [*options, "--to", "v0.2.0", "stores/acme/plain"],
        cwd=small.folder,
        env={**os.environ, "COPIER_SETTINGS_PATH": str(settings)},
        check=False,
    )

    assert done.returncode == 1
    assert "which --trust does not name" in small.reports()["plain"].reason


def test_a_way_out_of_the_trusted_prefix_is_refused(small: Fleet) -> None:
    trusted = small.template.parent
    clone(small.template, small.folder / "evil/template")
    outside = os.path.relpath(small.folder, trusted)
    edit(
        small.store("plain"),
        ".copier-answers.yml",
        str(small.template),
        f"{trusted}/{outside}/evil/template",
    )

    assert drive(small, "plain").returncode == 1
    assert "which --trust does not name" in small.reports()["plain"].reason


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--reports", "reports"), "lies in the store, and would be committed"),
        (("../no-such-store",), "no-such-store is not a folder"),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused(
    options: tuple[str, ...], sentence: str, small: Fleet
) -> None:
    done = drive(small, "plain", *options)

    assert done.returncode == 1
    assert sentence in done.stderr
    assert git("status", "--porcelain", cwd=small.store("plain")) == ""


# Canaries


def test_a_candidate_is_for_canaries(small: Fleet) -> None:
    options = ("--to", CANDIDATE, "--canaries", canaries(small, "plain"))

    drive(small, "plain", *options)
    drive(small, "edited", *options)

    assert small.states() == {"plain": "updated", "edited": "refused"}
    assert small.reports()["edited"].reason == f"{CANDIDATE} is a candidate, for the canaries only."


@pytest.mark.parametrize(
    ("last", "waits"),
    [
        (None, "a has not taken it"),
        (Report("a", "v0.4.0rc1", "updated", findings=[]), ""),
        (Report("a", "v0.4.0", "by hand", findings=[]), ""),
        (Report("a", "v0.4.0rc2", "current", findings=[]), ""),
        (Report("a", "v0.3.0", "updated", findings=[]), "a has not taken it"),
        (Report("a", "v0.4.0", "updated"), "a was not checked"),
        (Report("a", "v0.4.0rc1", "check", findings=["env.yml: A: B"]), "a ended as check"),
        (Report("a", "v0.4.0rc1", "conflict"), "a ended as conflict"),
        (Report("a", "v0.4.0", "failed"), "a ended as failed"),
    ],
)
def test_a_release_waits_for_the_canaries(last: Report | None, waits: str, tmp_path: Path) -> None:
    if last:
        reports.write(tmp_path, last)
    hold_back("a", "v0.4.0", ["a"], tmp_path)
    if not waits:
        hold_back("b", "v0.4.0", ["a"], tmp_path)
        return

    with pytest.raises(LumaError, match=f"waits for the canaries: {waits}. --without-canaries"):
        hold_back("b", "v0.4.0", ["a"], tmp_path)


def test_what_the_check_finds_in_a_canary_holds_the_release_back(small: Fleet) -> None:
    options = ("--canaries", canaries(small, "plain"), "--commit")
    with (small.store("plain") / "page.txt").open("a") as page:
        page.write("more\n")
    commit(small.store("plain"), "Add a line")

    assert drive(small, "plain", *options).returncode == 0
    drive(small, "edited", *options)

    assert small.reports()["plain"].state == "check"
    assert small.reports()["plain"].findings == ["page.txt: more: is not the end"]
    assert "waits for the canaries: acme/plain ended as check" in small.reports()["edited"].reason
    edit(small.store("plain"), "page.txt", "more\n", "")
    drive(small, "plain", *options)
    drive(small, "edited", *options)
    assert small.states() == {"plain": "updated", "edited": "conflict"}


def test_a_step_stays_in_the_report_until_the_store_has_done_it(small: Fleet) -> None:
    step = "Sign the page. It is done when `git grep signed -- page.txt` finds something."
    drive(small, "plain", "--commit")
    asked = replace(small.reports()["plain"], state="by hand", by_hand={"v0.2.0": [step]})
    reports.write(small.folder / "reports", asked)

    drive(small, "plain", "--commit")
    assert small.reports()["plain"] == asked
    edit(small.store("plain"), "page.txt", "title v0.2.0", "signed")
    drive(small, "plain", "--commit")

    assert small.reports()["plain"] == replace(asked, state="updated", by_hand={})


def test_a_report_of_an_earlier_tool_is_read_and_opens_no_gate(tmp_path: Path) -> None:
    old = {"store": "a", "release": "v0.4.0", "state": "by hand", "before": "v0.3.1"}
    rest = {"reason": "", "conflicts": [], "by_hand": [BY_HAND]}
    (tmp_path / "a.json").write_text(json.dumps(old | rest))

    assert [report.by_hand for report in reports.read_all(tmp_path)] == [{"v0.4.0": [BY_HAND]}]
    with pytest.raises(LumaError, match="a was not checked"):
        hold_back("b", "v0.4.0", ["a"], tmp_path)


def test_the_gate_can_be_overridden_but_not_by_a_dry_run(small: Fleet) -> None:
    options = ("--canaries", canaries(small, "plain"))
    drive(small, "plain", *options, environment={"DRY_RUN": "true"})
    assert (small.folder / "reports/dry-run/acme__plain.json").exists()

    drive(small, "edited", *options)
    assert "waits for the canaries: acme/plain has not taken it" in small.reports()["edited"].reason
    drive(small, "edited", *options, "--without-canaries")

    assert small.states() == {"edited": "conflict"}


# docs/fleet.md

DOCS = (ROOT / "docs/fleet.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL)


def test_the_documented_commands_run(small: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = small.folder / "remotes/acme"
    shutil.copytree(small.store("plain"), small.store("canary-1"), symlinks=True)
    address = "https://github.com/acme/luma-store-template"
    for store in small.stores():
        edit(store, ".copier-answers.yml", str(small.template), address)
        git("clone", "-q", "--bare", str(store), str(shop / f"{store.name}.git"), cwd=store)
        if store.name != "edited":
            shutil.rmtree(store)
    hub = small.folder / "hub/luma-store-template.git"
    git("clone", "-q", "--bare", str(small.template), str(hub), cwd=small.folder)
    tools = stand_ins(small.folder / "bin")
    config = small.folder / "gitconfig"
    # Somebody's own habit, which must not keep the release's change out of the pull request.
    config.write_text(
        f'[url "{small.folder}/hub/"]\n\tinsteadOf = https://github.com/acme/\n'
        f"[core]\n\texcludesFile = {tools}/ignore\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    # The tests' own Python, which has what the first command would install.
    monkeypatch.setenv("PATH", f"{tools}:{sys.prefix}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("MULTI_GITTER_REMOTES", str(small.folder / "remotes"))
    monkeypatch.setenv("GITHUB_TOKEN", "none")
    script = "\n".join(["set -eu", *blocks("sh")]).replace("v0.4.0", "v0.2.0")

    done = subprocess.run(
        ["bash", "-c", script], cwd=small.folder, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert small.states() == {"canary-1": "updated", "edited": "conflict", "plain": "updated"}
    assert "Dry run: acme/canary-1" in done.stdout
    assert done.stdout.count("Pull request: acme/") == 3
    assert "gh: pr ready template/v0.2.0 --undo --repo acme/edited" in done.stdout
    pushed = git("ls-tree", "--name-only", "template/v0.2.0", cwd=shop / "edited.git")
    assert "page.txt.rej" in pushed.splitlines()
    message = git("log", "-1", "--format=%B", "template/v0.2.0", cwd=shop / "plain.git")
    assert message.startswith("Update the store template to v0.2.0")
    drift = (small.folder / "drift.jsonl").read_text().splitlines()
    assert [json.loads(line)["store"] for line in drift] == [
        "acme/canary-1",
        "acme/edited",
        "acme/plain",
    ]


def stand_ins(folder: Path) -> Path:
    """Return a folder with multi-gitter and gh as far as the documentation uses them."""
    folder.mkdir()
    (folder / "ignore").write_text("*.rej\n")
    gitter = ROOT / "tests/support/multi_gitter.py"
    for name, command in {
        "multi-gitter": f'exec "{sys.executable}" "{gitter}" "$@"',
        "gh": 'echo "gh: $*"',
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{command}\n")
        (folder / name).chmod(0o755)
    return folder


# Of the options that Renovate 44 knows, those that the documentation sets: for a repository, for a
# rule, and for the bot alone, which a repository's file must not hold.
REPOSITORY = {"$schema", "packageRules"}
RULE: dict[str, type | tuple[type, ...]] = {
    "addLabels": list,
    "automerge": bool,
    "dependencyDashboardApproval": bool,
    "enabled": bool,
    "ignoreUnstable": bool,
    "matchManagers": list,
    "matchRepositories": list,
    "minimumReleaseAge": (str, type(None)),
    "prBodyNotes": list,
}
BOT: dict[str, type] = {
    "allowScripts": bool,
    "autodiscover": bool,
    "autodiscoverFilter": list,
    "autodiscoverTopics": list,
    "binarySource": str,
    "customEnvVariables": dict,
    "platform": str,
}


def test_renovates_settings_for_stores_are_of_its_schema() -> None:
    documents = [json.loads(block) for block in blocks("json")]

    assert len(documents) == 2
    for document in documents:
        assert set(document) <= REPOSITORY
        for rule in document["packageRules"]:
            assert {key for key, value in rule.items() if not isinstance(value, RULE[key])} == set()
            assert rule["matchManagers"] == ["copier"]


def test_renovates_settings_for_the_bot_are_of_its_schema() -> None:
    (block,) = blocks("js")
    show = "process.stdout.write(JSON.stringify(module.exports))"
    settings = json.loads(
        subprocess.run(
            ["node", "-e", f"{block}\n{show}"], check=True, capture_output=True, text=True
        ).stdout
    )

    assert {key for key, value in settings.items() if not isinstance(value, BOT[key])} == set()
    assert settings["binarySource"] in {"docker", "global", "hermit", "install"}
    # Both name the file in which the image trusts the organisation, and no other.
    (image,) = blocks("dockerfile")
    assert settings["customEnvVariables"]["COPIER_SETTINGS_PATH"] in image
    assert "https://github.com/acme/" in image
