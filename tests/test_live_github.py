"""GitHub has what a store's folder has, and its workflows have the secrets that they need."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import vercel_api_stand_in as vercel_stand_in
from support.checkout import Generate, git
from support.github import Side
from support.live import ANSWERS, COMMAND, Done, Live, run_here
from support.stores import commit
from tools.repository import Repository

from luma.live import cloudinary, engine, github, render, sentry, vercel
from luma.problems import LumaError

TOKENS = {"VERCEL_TOKEN": vercel_stand_in.TOKEN, "TEMPLATE_UPDATE_TOKEN": "github_pat_of-updates"}
IDS = {"VERCEL_ORG_ID": "team_1", "VERCEL_PROJECT_ID": "prj_1"}
ALL = TOKENS | IDS
GH_TOKEN = "gho_of-the-stand-in"  # noqa: S105 - it opens nothing
UPDATES = Path(".github/workflows/template-update.yml")


@pytest.fixture
def side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Side:
    """Return what is at GitHub before a person has pushed."""
    at_github = Side(tmp_path)
    monkeypatch.setenv("PATH", str(at_github.bin), prepend=os.pathsep)
    monkeypatch.setenv("GH_TOKEN", GH_TOKEN)
    for name in ("GITHUB_TOKEN", *ALL):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(engine, "SETTLE_SECONDS", 0)
    return at_github


@pytest.fixture
def store(side: Side, generate: Generate, tmp_path: Path) -> Path:
    """Return a store with one commit, and with the stand-in where GitHub is."""
    return side.copy(generate(**ANSWERS), tmp_path / "store")


@pytest.fixture
def live(capsys: pytest.CaptureFixture[str], store: Path) -> Live:
    """Return a function that runs the command here, where no terminal is."""

    def live(command: str, *options: str, only: str = "github") -> Done:
        arguments = [command, "--only", only, *options, "--store", str(store)]
        return run_here(capsys, (*TOKENS.values(), GH_TOKEN), *arguments)

    return live


@pytest.fixture
def by_ci(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a workflow deploy, and say all that it needs."""
    own = store / "vercel/own.json"
    own.write_text(json.dumps(json.loads(own.read_text()) | {"deployFromCI": True}))
    for name, value in ALL.items():
        monkeypatch.setenv(name, value)


def run(command: str, store: Path) -> None:
    """Do what a person is told to do."""
    subprocess.run(["sh", "-c", command], cwd=store, check=True, capture_output=True)


def told(done: Done) -> str:
    """Return the command that a person is to run."""
    [command] = re.findall("^waiting for you: .* [Rr]un `([^`]+)`: https", done.out, re.MULTILINE)
    return str(command)


def pushed(store: Path) -> None:
    git("push", "-q", "-u", "origin", "main", cwd=store)


def without_git(store: Path) -> None:
    config = (store / ".git/config").read_text()
    shutil.rmtree(store / ".git")
    git("init", "-q", "-b", "main", cwd=store)
    # The place of the stand-in, without the remote.
    [url] = re.findall(r"\[url .*\n.*\n", config)
    (store / ".git/config").write_text(f"[core]\n\tbare = false\n{url}")


def without_a_remote(store: Path) -> None:
    git("remote", "remove", "origin", cwd=store)


def with_another_remote(store: Path) -> None:
    git("remote", "set-url", "origin", "git@github.com:lamps/other.git", cwd=store)


def with_a_commit_more(store: Path) -> None:
    pushed(store)
    (store / "mine").touch()
    commit(store, "Add mine")


def with_a_commit_less(store: Path) -> None:
    with_a_commit_more(store)
    git("push", "-q", "origin", "main", cwd=store)
    git("reset", "-q", "--hard", "HEAD^", cwd=store)


def with_other_commits(store: Path) -> None:
    with_a_commit_less(store)
    (store / "other").touch()
    commit(store, "Add another")


def with_another_name_here(store: Path) -> None:
    pushed(store)
    git("checkout", "-q", "-b", "work", cwd=store)
    (store / "mine").touch()
    commit(store, "Add mine")
    git("branch", "-q", "-f", "main", cwd=store)


NEW = "git remote add origin git@github.com:lamps/shop.git && git push -u origin main"
BEGIN = 'git init -b main && git add -A && git commit -m "Start the store" && '
SET = "git remote set-url origin git@github.com:lamps/shop.git && git push -u origin main"
PULL = "git pull --rebase origin main && git push origin main"
STATES: dict[str, tuple[Callable[[Path], None], str]] = {
    "no commit": (without_git, BEGIN + NEW),
    "no remote": (without_a_remote, NEW),
    "another remote": (with_another_remote, SET),
    "nothing pushed": (lambda _: None, "git push -u origin main"),
    "a commit more": (with_a_commit_more, "git push origin main"),
    "a commit less": (with_a_commit_less, PULL),
    "other commits": (with_other_commits, PULL),
    "another branch here": (with_another_name_here, "git push origin main"),
}


@pytest.mark.parametrize(("prepare", "command"), STATES.values(), ids=STATES)
def test_what_is_not_pushed_is_told_with_the_command_that_does_it(
    store: Path, live: Live, prepare: Callable[[Path], None], command: str
) -> None:
    prepare(store)
    for asked in ("plan", "check", "apply"):
        done = live(asked)
        assert (done.code, told(done)) == (3, command)
    run(command, store)
    done = live("check")
    assert (done.code, "waiting for you" in done.out) == (0, False)


def test_a_repository_that_git_may_not_see_is_created_at_github(
    side: Side, store: Path, live: Live
) -> None:
    pushed(store)
    shutil.rmtree(side.remote)
    done = live("check")
    assert done.code == 3
    assert "GitHub shows git no commit of lamps/shop. Create it empty where it is not" in done.out
    assert "`git push -u origin main`: https://github.com/new?owner=lamps&name=shop\n" in done.out


@pytest.mark.usefixtures("by_ci")
def test_the_secrets_of_the_workflows_are_set_and_never_shown(side: Side, live: Live) -> None:
    done = live("check", only="secrets")
    assert (done.code, side.writes) == (2, [])
    assert "create secret VERCEL_PROJECT_ID\n  state: set\n" in done.out
    assert live("apply", "--yes", only="secrets").code == 0
    assert side.state["secrets"] == ALL
    for process in side.state["processes"]:
        seen = [*process["arguments"], *process["environment"].values()]
        assert not [each for each in seen if any(token in each for token in TOKENS.values())]
    side.set(processes=[])
    for command in ("apply", "plan", "check"):
        again = live(command, only="secrets")
        assert (again.code, side.writes) == (0, [])
        line = "there, but never shown, so not compared: value of secret VERCEL_TOKEN\n"
        assert line in again.out


@pytest.mark.usefixtures("by_ci")
def test_vercels_numbers_come_from_vercel(
    side: Side, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in IDS:
        monkeypatch.delenv(name)
    with vercel_stand_in.stand_in(vercel_stand_in.descriptions()) as team:
        monkeypatch.setenv("VERCEL_BASE_URL", team.address)
        monkeypatch.delenv("VERCEL_TEAM", raising=False)
        assert live("apply", "--yes", only="secrets").code == 3
        assert IDS.keys() & side.state["secrets"] == set()
        live("apply", "--yes", only="secrets,vercel")
    assert side.state["secrets"] == ALL
    assert team.wrong == []


def test_what_is_optional_is_set_where_it_is_known(
    side: Side, live: Live, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its token, the workflow that takes releases does nothing."""
    name = "TEMPLATE_UPDATE_TOKEN"
    assert live("apply", "--yes", only="secrets").code == 0
    monkeypatch.setenv(name, TOKENS[name])
    assert live("apply", "--yes", only="secrets").code == 0
    assert side.state["secrets"] == {name: TOKENS[name]}
    (store / UPDATES).unlink()
    side.set(secrets={})
    assert live("apply", "--yes", only="secrets").code == 0
    assert side.state["secrets"] == {}
    monkeypatch.delenv(name)
    side.set(secrets={name: "x", "TEMPLATE_READ_TOKEN": "y", "THEIRS": "z"})
    done = live("check", only="secrets")
    assert re.findall("left alone: (.+)", done.out) == ["secret THEIRS"]


@pytest.mark.usefixtures("by_ci")
def test_a_token_that_nobody_has_said_waits_for_a_person(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VERCEL_TOKEN")
    done = live("apply", "--yes", only="secrets")
    assert done.code == 3
    assert "waiting for you: Set VERCEL_TOKEN for this command, or at GitHub (Vercel," in done.out
    assert "https://github.com/lamps/shop/settings/secrets/actions\n" in done.out


def logged_out(_: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GH_TOKEN")


def not_there(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    (side.bin / "gh").unlink()
    folder = side.bin.with_name("only-git")
    folder.mkdir()
    (folder / "git").symlink_to(shutil.which("git") or "")
    monkeypatch.setenv("PATH", str(folder))


def forbidden(side: Side, _: pytest.MonkeyPatch) -> None:
    side.set(forbidden="Resource not accessible by integration")


@pytest.mark.usefixtures("by_ci")
@pytest.mark.parametrize("prepare", [logged_out, not_there, forbidden])
def test_without_gh_a_person_looks_and_the_others_go_on(
    side: Side,
    store: Path,
    live: Live,
    prepare: Callable[[Side, pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pushed(store)
    prepare(side, monkeypatch)
    with vercel_stand_in.stand_in(vercel_stand_in.descriptions()) as team:
        monkeypatch.setenv("VERCEL_BASE_URL", team.address)
        monkeypatch.delenv("VERCEL_TEAM", raising=False)
        done = live("apply", "--yes", only="github,secrets,vercel")
        assert done.code == 3
        assert "luma-store" in team.projects
    listed = re.findall("whether the secret (.+) is set: gh does not list them", done.out)
    assert {*listed} == {*ALL}
    assert side.writes == []


@pytest.mark.usefixtures("by_ci")
@pytest.mark.parametrize("fault", ["its answer is lost", "lost on the way"])
def test_no_secret_is_lost_when_an_answer_is(side: Side, live: Live, fault: str) -> None:
    side.set(faults=[fault, "", fault])
    done = live("apply", "--yes", only="secrets")
    assert done.code == 0
    assert "unclear, reading again: secret VERCEL_ORG_ID\n" in done.out
    assert side.state["secrets"] == ALL
    assert len(side.writes) == len(ALL) + (2 if fault == "lost on the way" else 0)


@pytest.mark.usefixtures("by_ci")
@pytest.mark.parametrize("number", range(len(ALL)))
def test_killed_after_each_secret_and_run_again(
    side: Side, store: Path, live: Live, number: int
) -> None:
    side.set(faults=[*[""] * number, "killed"])
    command = [*COMMAND, "apply", "--only", "secrets", "--yes", "--store", str(store)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert live("apply", "--yes", only="secrets").code == 0
    assert side.state["secrets"] == ALL
    assert len(side.writes) == len(ALL)


@pytest.mark.usefixtures("by_ci")
def test_a_refusal_is_told_without_the_value(side: Side, live: Live) -> None:
    side.set(refused="VERCEL_TOKEN")
    done = live("apply", "--yes", only="secrets")
    assert done.code == 1
    refused = (
        "gh did not set VERCEL_TOKEN: failed to set secret: HTTP 422: *** is not good. Written:"
    )
    assert done.error.startswith(refused)


def test_what_only_reads_sets_no_secret(side: Side, store: Path) -> None:
    reading = github.Gh(Repository(store), read_only=True)
    with pytest.raises(LumaError, match="This only reads: VERCEL_TOKEN was not set at GitHub"):
        reading.set("VERCEL_TOKEN", TOKENS["VERCEL_TOKEN"])
    assert side.writes == []


def secrets_in(jobs: dict[str, Any]) -> set[str]:
    """Return the names of the secrets that jobs read."""
    return set(re.findall(r"secrets\.(\w+)", yaml.safe_dump(jobs)))


def test_what_is_asked_for_is_what_the_workflows_read(store: Path) -> None:
    workflows = [
        yaml.safe_load(file.read_text())["jobs"] for file in (store / ".github/workflows").iterdir()
    ]
    jobs = {name: job for each in workflows for name, job in each.items()}
    # Its tokens lie in an environment that only the default branch may use.
    of_live_check = jobs.pop("live-check")
    assert of_live_check["environment"] == "live-check"
    tokens = {cloudinary.VARIABLE, *(vendor.API.variable for vendor in (sentry, render, vercel))}
    assert secrets_in(of_live_check) == tokens | {"TEMPLATE_READ_TOKEN"}
    assert secrets_in(jobs) == {*github.FROM_VERCEL, *github.OPTIONAL}


BROKEN = {
    "a command": ("set", "put"),
    "another command": ("list", "show"),
    "an option": ("--repo", "--repository"),
    "a repository": ("lamps/shop", "lamps"),
}


@pytest.mark.usefixtures("by_ci")
@pytest.mark.parametrize(("right", "broken"), BROKEN.values(), ids=BROKEN)
def test_a_wrong_call_of_gh_sets_nothing(
    side: Side, live: Live, right: str, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = github.Program.run

    def sent(self: github.Program, *arguments: str, said: str = "") -> tuple[str | None, str]:
        return run(self, *(broken if each == right else each for each in arguments), said=said)

    monkeypatch.setattr(github.Program, "run", sent)
    live("apply", "--yes", only="secrets")
    assert side.state["secrets"] == {}
