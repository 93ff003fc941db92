"""The weekly workflow keeps one pull request, with the news and without a conflict marker.

Its steps are run as they stand in the workflow. gh is a stand-in, and so is uv.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from support.checkout import ROOT, WORKING_TREE_TAG, git
from support.installed_tools import LOG, PYTHON, install_tools, program
from support.later import CANDIDATE, NEXT, change, clone, edit, publish, updates
from support.stores import answers_of, commit, findings
from support.vendors import all_vendors
from support.workflow import Runner

README = "You need Python 3.11 or later"
OURS = "You need Python 3.11, as on our laptops"
WORKFLOW = ROOT / "template" / ".github" / "workflows" / "template-update.yml"
READ, WRITE = "a token that reads", "a token that writes"


@pytest.fixture(scope="module")
def template(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a template with a next release, and a candidate that leaves hooks in the store."""
    repository = clone(history, tmp_path_factory.mktemp("later") / "template")
    change(repository, "template/README.md.jinja", README, "You need Python 3.12 or later")
    publish(repository, NEXT, "### Changed\n\n- Python 3.12.\n\n### By hand\n\n- Raise yours.")
    with (repository / "copier.yml").open("a") as config:
        hooks = "for hook in pre-push reference-transaction; do cp $HOOK .git/hooks/$hook; done"
        config.write(f"\n_migrations:\n  - version: {CANDIDATE}\n    command: {hooks}\n")
    publish(repository, CANDIDATE, "")
    return repository


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for the launcher's cache."""
    return tmp_path_factory.mktemp("cache")


class Hosted:
    """A store on a laptop, its bare repository, and GitHub's side of its pull request."""

    def __init__(self, store: Path, folder: Path, cache: Path) -> None:
        self.store, self.folder, self.remote = store, folder, folder / "remote.git"
        self.tokens_of_hooks = folder / "hooks"
        git("clone", "-q", "--bare", str(store), str(self.remote), cwd=folder)
        git("remote", "add", "origin", str(self.remote), cwd=store)
        program(folder / "bin/gh", (ROOT / "tests/support/gh_stand_in.py").read_text())
        real = f'exec {shutil.which("git")} "$@"'
        script(folder / "bin/git", f'echo "$1: $GH_TOKEN" >> {folder / "git"}\n{real}')
        script(folder / "hook", f'echo "$GH_TOKEN" >> {self.tokens_of_hooks}')
        self.variables = {
            "PATH": f"{folder / 'bin'}:{PYTHON.parent}:/usr/bin:/bin",
            "GH_STAND_IN": str(folder / "gh.json"),
            "HOOK": str(folder / "hook"),
            "XDG_CACHE_HOME": str(cache),
            LOG: str(folder / "uv"),
        }

    def run(
        self,
        release: str = "",
        token: str = WRITE,
        checked_out: Callable[[Path], None] = install_tools,
        variables: Mapping[str, str] = MappingProxyType({}),
        contexts: Mapping[str, str] = MappingProxyType({}),
    ) -> Runner:
        """Run the workflow."""
        contexts = {
            **contexts,
            "inputs.release": release,
            "secrets.TEMPLATE_UPDATE_TOKEN": token,
            "github.token": READ,
        }
        variables = {**self.variables, **variables}
        runner = Runner(self.remote, self.folder, checked_out, variables, contexts)
        runner.run(WORKFLOW)
        return runner

    @property
    def _gh(self) -> Any:
        file = self.folder / "gh.json"
        return json.loads(file.read_text()) if file.exists() else {}

    @property
    def request(self) -> Any:
        """Return the pull request; None before there is one."""
        return self._gh.get("request")

    @property
    def calls(self) -> list[list[str]]:
        """Return each command of gh, with its token."""
        return [*self._gh.get("calls", [])]

    def given_to_git(self, token: str) -> set[str]:
        """Return the commands of git that had a token."""
        calls = (line.split(": ") for line in (self.folder / "git").read_text().splitlines())
        return {command for command, given in calls if given == token}

    def branch(self) -> Path:
        """Check the pull request's branch out."""
        checkout = self.folder / "branch"
        shutil.rmtree(checkout, ignore_errors=True)
        git(
            "clone", "-q", "-b", "template-update", str(self.remote), str(checkout), cwd=self.folder
        )
        return checkout

    def resolve(self) -> None:
        """Push to the pull request's branch, as a person does."""
        branch = self.branch()
        (branch / "README.md").write_text("resolved by hand\n")
        commit(branch, "Resolve")
        git("push", "-q", "origin", "template-update", cwd=branch)


def script(path: Path, text: str) -> None:
    """Write a shell script."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def hosted(store: Path, tmp_path: Path, cache: Path) -> Hosted:
    return Hosted(store, tmp_path, cache)


def push(hosted: Hosted, path: str, old: str, new: str) -> None:
    edit(hosted.store, path, old, new)
    git("push", "-q", "origin", "main", cwd=hosted.store)


def test_one_pull_request_brings_the_release(hosted: Hosted) -> None:
    for _ in range(2):
        done = hosted.run()
        assert done.passed, done.log
        assert done.ran == ["update", "push"]

    assert hosted.request["opened"] == 1
    assert hosted.request["draft"] is False
    assert hosted.request["title"] == f"Update the store template from {WORKING_TREE_TAG} to {NEXT}"
    assert "- Python 3.12." in hosted.request["body"]
    assert "- [ ] Raise yours." in hosted.request["body"]
    branch = hosted.branch()
    assert "Python 3.12" in (branch / "README.md").read_text()
    assert git("rev-list", "--count", "origin/main..HEAD", cwd=branch).strip() == "1"
    assert findings(branch) == []
    opened, changed = ["setup-git", "list", "create"], ["setup-git", "list", "edit", "ready"]
    assert hosted.calls == [
        *(["setup-git", READ], *([command, WRITE] for command in opened)),
        *(["setup-git", READ], *([command, WRITE] for command in changed)),
    ]
    assert hosted.given_to_git(WRITE) == {"fetch", "push"}


def test_conflicts_are_listed_in_a_draft_that_ci_refuses(hosted: Hosted) -> None:
    push(hosted, "README.md", README, OURS)

    done = hosted.run()

    assert done.passed, done.log
    assert hosted.request["draft"] is True
    assert "- [ ] `README.md`: the release and this store changed" in hosted.request["body"]
    branch = hosted.branch()
    assert "as on our laptops" in (branch / "README.md").read_text()
    assert "<<<<<<<" not in (branch / "README.md").read_text()
    assert findings(branch)[0].startswith("README.md.rej: whole file: apply its change")


def test_a_draft_is_ready_once_nothing_is_in_conflict(hosted: Hosted) -> None:
    push(hosted, "README.md", README, OURS)
    hosted.run()
    push(hosted, "README.md", OURS, README)

    hosted.run()

    assert (hosted.request["draft"], hosted.request["opened"]) == (False, 1)


def test_what_people_have_pushed_to_the_branch_stays(hosted: Hosted) -> None:
    hosted.run()
    hosted.resolve()
    before = git("rev-parse", "template-update", cwd=hosted.remote)
    opened = hosted.request

    done = hosted.run()

    assert (done.passed, done.ran) == (False, ["update"])
    assert "template-update holds commits of people" in done.log
    assert git("rev-parse", "template-update", cwd=hosted.remote) == before
    assert hosted.request == opened


def test_what_people_push_in_between_stays(hosted: Hosted) -> None:
    hosted.run()

    def resolve_meanwhile(checkout: Path) -> None:
        install_tools(checkout)
        if meanwhile:
            hosted.resolve()
        meanwhile.append(True)

    meanwhile: list[bool] = []
    done = hosted.run(checked_out=resolve_meanwhile)

    assert (done.passed, done.ran) == (False, ["update", "push"])
    assert "stale info" in done.log
    assert (hosted.branch() / "README.md").read_text() == "resolved by hand\n"


def test_without_news_there_is_no_pull_request(hosted: Hosted) -> None:
    updates(hosted.store, "update", "--no-check")
    commit(hosted.store, "Take the release")
    git("push", "-q", "origin", "main", cwd=hosted.store)

    done = hosted.run()

    assert (done.passed, done.ran) == (True, ["update"]), done.log
    assert hosted.request is None
    assert "template-update" not in git("branch", "--list", cwd=hosted.remote)


def test_without_the_token_nothing_runs(hosted: Hosted) -> None:
    done = hosted.run(token="")

    assert (done.passed, done.ran) == (True, ["update"])
    assert "::warning::Nothing was done." in done.log
    assert hosted.calls == []


def test_what_a_release_leaves_behind_never_meets_the_token_that_can_write(hosted: Hosted) -> None:
    done = hosted.run(release=CANDIDATE)

    assert done.passed, done.log
    assert hosted.request["title"].endswith(f"to {CANDIDATE}")
    assert set(hosted.tokens_of_hooks.read_text().splitlines()) == {READ}


def test_a_template_that_cannot_be_reached_ends_the_workflow(hosted: Hosted) -> None:
    push(hosted, ".copier-answers.yml", answers_of(hosted.store)["_src_path"], "/moved/away")

    done = hosted.run()

    assert (done.passed, done.ran) == (False, ["update"])
    assert "The template at /moved/away cannot be reached." in done.log
    assert hosted.request is None


def test_the_workflow_runs_weekly_and_on_demand_with_no_rights_of_its_own() -> None:
    # YAML 1.1 reads the key `on` as true.
    workflow = yaml.safe_load(WORKFLOW.read_text())
    assert set(workflow[True]) == {"schedule", "workflow_dispatch"}
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read"}


def test_only_the_step_that_pushes_has_the_token_that_can_write() -> None:
    jobs = yaml.safe_load(WORKFLOW.read_text())["jobs"]
    *others, last = jobs["push"]["steps"]
    assert "secrets.TEMPLATE_UPDATE_TOKEN }}" in last["env"]["GH_TOKEN"]
    # Elsewhere only whether there is one is asked for.
    elsewhere = json.dumps([jobs["update"], others]).replace("README.md says how to set ", "")
    assert elsewhere.count("TEMPLATE_UPDATE_TOKEN") == 2
    assert "${{ secrets.TEMPLATE_UPDATE_TOKEN != '' }}" in elsewhere
    assert all("run" not in step for step in others)


def test_the_vendors_are_compared_weekly_where_the_team_wants_it(
    hosted: Hosted,
) -> None:
    push(hosted, ".copier-answers.yml", "repository: my-organisation/luma-store", "repository: a/b")
    push(hosted, ".copier-answers.yml", "alerts@example.com", "ida@shop.example.com")
    with all_vendors() as vendors:
        done = hosted.run(
            token="",
            variables=vendors.addresses,
            contexts={
                "vars.LIVE_CHECK": "true",
                **{f"secrets.{name}": value for name, value in vendors.tokens.items()},
            },
        )
        assert [each.wrong + each.writes for each in vendors.judged] == [[], [], []]
    assert (done.passed, done.ran) == (False, ["update", "live-check"]), done.log
    for title in ("upload preset luma-store-product", "team luma-store", "project luma-store"):
        assert f"create {title}\n" in done.log
    assert "create service luma-store-api\n" in done.log
