"""The weekly workflow keeps one pull request, with the news and without a conflict marker."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.checkout import ROOT, WORKING_TREE_TAG, git
from support.later import NEXT, Result, change, clone, publish, store_of, updates
from support.stores import commit, findings

README = "You need Python 3.11 or later"
WORKFLOW = ROOT / "template" / ".github" / "workflows" / "template-update.yml"


@pytest.fixture(scope="module")
def template(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    repository = clone(history, tmp_path_factory.mktemp("later") / "template")
    change(repository, "template/README.md.jinja", README, "You need Python 3.12 or later")
    publish(repository, NEXT, "### Changed\n\n- Python 3.12.\n\n### By hand\n\n- Raise yours.")
    return repository


class Hosted:
    """A store on a laptop, its bare repository, and GitHub's side of its pull request."""

    def __init__(self, store: Path, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.remote = folder / "remote.git"
        git("clone", "-q", "--bare", str(store), str(self.remote), cwd=folder)
        git("remote", "add", "origin", str(self.remote), cwd=store)
        gh = folder / "bin" / "gh"
        gh.parent.mkdir()
        stand_in = ROOT / "tests/support/gh_stand_in.py"
        gh.write_text(f'#!/bin/sh\nexec {sys.executable} {stand_in} "$@"\n')
        gh.chmod(0o755)

    def run(self) -> Result:
        """Run what the workflow runs, on a fresh checkout."""
        checkout = self.folder / "checkout"
        shutil.rmtree(checkout, ignore_errors=True)
        git("clone", "-q", str(self.remote), str(checkout), cwd=self.folder)
        path = f"{self.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin"
        environment: dict[str, str | None] = {
            "PATH": path,
            "GH_STAND_IN": str(self.folder / "request.json"),
            # They would win over the identity that the command commits with.
            "GIT_COMMITTER_NAME": None,
            "GIT_COMMITTER_EMAIL": None,
        }
        return updates(checkout, "pull-request", "--to", "", environment=environment)

    @property
    def request(self) -> Any:
        """Return the pull request; None before there is one."""
        file = self.folder / "request.json"
        return json.loads(file.read_text()) if file.exists() else None

    def branch(self) -> Path:
        """Check the pull request's branch out."""
        checkout = self.folder / "branch"
        shutil.rmtree(checkout, ignore_errors=True)
        git(
            "clone", "-q", "-b", "template-update", str(self.remote), str(checkout), cwd=self.folder
        )
        return checkout


@pytest.fixture
def hosted(template: Path, tmp_path: Path) -> Hosted:
    return Hosted(store_of(template, tmp_path / "store", WORKING_TREE_TAG), tmp_path)


def push(hosted: Hosted, path: str, old: str, new: str) -> None:
    change(hosted.store, path, old, new)
    commit(hosted.store, f"Edit {path}")
    git("push", "-q", "origin", "main", cwd=hosted.store)


def test_one_pull_request_brings_the_release(hosted: Hosted) -> None:
    for _ in range(2):
        done = hosted.run()
        assert done.code == 0, done.err

    assert hosted.request["opened"] == 1
    assert hosted.request["draft"] is False
    assert hosted.request["title"] == f"Update the store template from {WORKING_TREE_TAG} to {NEXT}"
    assert "- Python 3.12." in hosted.request["body"]
    assert "- [ ] Raise yours." in hosted.request["body"]
    branch = hosted.branch()
    assert "Python 3.12" in (branch / "README.md").read_text()
    assert findings(branch) == []


def test_conflicts_are_listed_in_a_draft_that_ci_refuses(hosted: Hosted) -> None:
    push(hosted, "README.md", README, "You need Python 3.11, as on our laptops")

    done = hosted.run()

    assert done.code == 0, done.err
    assert hosted.request["draft"] is True
    assert "- [ ] `README.md`: the release and this store changed" in hosted.request["body"]
    branch = hosted.branch()
    assert "as on our laptops" in (branch / "README.md").read_text()
    assert "<<<<<<<" not in (branch / "README.md").read_text()
    assert findings(branch)[0].startswith("README.md.rej: whole file: apply its change")


def test_a_draft_is_ready_once_nothing_is_in_conflict(hosted: Hosted) -> None:
    push(hosted, "README.md", README, "You need Python 3.11, as on our laptops")
    hosted.run()
    push(hosted, "README.md", "You need Python 3.11, as on our laptops", README)

    hosted.run()

    assert (hosted.request["draft"], hosted.request["opened"]) == (False, 1)


def test_what_people_have_pushed_to_the_branch_stays(hosted: Hosted) -> None:
    hosted.run()
    branch = hosted.branch()
    (branch / "README.md").write_text("resolved by hand\n")
    commit(branch, "Resolve")
    git("push", "-q", "origin", "template-update", cwd=branch)
    before = git("rev-parse", "template-update", cwd=hosted.remote)

    done = hosted.run()

    assert done.code == 1
    assert "template-update holds commits of people" in done.err
    assert git("rev-parse", "template-update", cwd=hosted.remote) == before


def test_without_news_there_is_no_pull_request(hosted: Hosted) -> None:
    updates(hosted.store, "update", "--no-check")
    commit(hosted.store, "Take the release")
    git("push", "-q", "origin", "main", cwd=hosted.store)

    assert hosted.run().code == 0
    assert hosted.request is None
    assert "template-update" not in git("branch", "--list", cwd=hosted.remote)


def test_the_workflow_runs_weekly_and_on_demand_with_no_rights_of_its_own() -> None:
    # YAML 1.1 reads the key `on` as true.
    workflow = yaml.safe_load(WORKFLOW.read_text())
    assert set(workflow[True]) == {"schedule", "workflow_dispatch"}
    assert workflow["permissions"] == {}
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "read"}
    assert job["env"] == {"GH_TOKEN": "${{ secrets.TEMPLATE_UPDATE_TOKEN }}"}
    *_, last = job["steps"]
    assert last["run"].endswith('python3 -m updates pull-request --to "$RELEASE"')
