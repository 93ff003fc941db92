"""A store's CI gives each commit of main its verdict, and deploys the storefront from green ones.

The workflow's steps are run as they stand. GitHub, make and npm are stand-ins, and so is
Vercel's CLI but in one test.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.checkout import ROOT, Generate, git
from support.installed_tools import program
from support.stores import commit, start
from support.vercel_stand_in import PROJECT, TEAM, stand_in
from support.workflow import Runner
from tools.additions import DEPLOY_FROM_CI
from tools.repository import Repository

WORKFLOW = ".github/workflows/ci.yml"
VERCEL = ROOT / "tests/node/node_modules/.bin/vercel"
SECRETS = {"VERCEL_ORG_ID": "team", "VERCEL_PROJECT_ID": "shop", "VERCEL_TOKEN": "thetoken"}
STAND_IN = """\
import json, os, pathlib, subprocess, sys, time
name, shop = pathlib.Path(sys.argv[0]).name, pathlib.Path({folder!r})
head = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip()
call = {{"program": name, "arguments": sys.argv[1:], "head": head,
        "secrets": sorted(key for key in os.environ if key.startswith("VERCEL_"))}}
with (shop / "calls").open("a") as calls:
    calls.write(json.dumps(call) + "\\n")
"""
MAKE = """\
if sys.argv[1:] == ["setup"]:
    python = pathlib.Path("tools/.venv/bin/python")
    python.parent.mkdir(parents=True)
    python.write_text({python!r})
    python.chmod(0o755)
while sys.argv[1:] == ["check"] and (shop / ("hold-" + head)).exists():
    time.sleep(0.05)
sys.exit(sys.argv[1:] == ["test"] and pathlib.Path("red").exists())
"""
DEPLOY = """\
with (shop / "deployed").open("a") as deployed:
    deployed.write(head + "\\n")
"""


@dataclass
class Shop:
    """A store on a laptop, its repository, and the runs of its workflow."""

    store: Path
    folder: Path
    secrets: dict[str, str] = field(default_factory=lambda: dict(SECRETS))
    runs: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        git("clone", "-q", "--bare", str(self.store), str(self.remote), cwd=self.folder)
        git("remote", "add", "origin", str(self.remote), cwd=self.store)
        python = f'#!/bin/sh\nexec {sys.executable} -B "$@"\n'
        for name, rest in {
            "make": MAKE.format(python=python), "npm": "", "vercel": DEPLOY,
        }.items():  # fmt: skip
            program(self.folder / "bin" / name, STAND_IN.format(folder=str(self.folder)) + rest)
        gh = (ROOT / "tests/support/gh_stand_in.py").read_text()
        program(self.folder / "bin/gh", gh)
        program(self.folder / "bin/sleep", "import time\ntime.sleep(0.05)\n")
        (self.folder / "calls").touch()
        self._publish()

    @property
    def remote(self) -> Path:
        """Return the repository that is pushed to."""
        return self.folder / "remote.git"

    def _publish(self) -> None:
        file = self.folder / "gh.json"
        file.with_suffix(".new").write_text(json.dumps({"calls": [], "runs": self.runs}))
        file.with_suffix(".new").replace(file)

    def push(self, message: str) -> dict[str, Any]:
        """Commit and push; return the run that GitHub then has."""
        before = git("rev-parse", "HEAD", cwd=self.store).strip()
        commit(self.store, message)
        git("push", "-q", "origin", "HEAD:main", cwd=self.store)
        sha = git("rev-parse", "HEAD", cwd=self.store).strip()
        run = {"run_number": len(self.runs) + 1, "head_sha": sha, "run_attempt": 0}
        self.runs.append(run | {"before": before, "status": "queued", "conclusion": None})
        return self.runs[-1]

    def runner(self, run: dict[str, Any], **contexts: str) -> Runner:
        """Return a machine for a run."""
        known = {
            "github.event_name": "push",
            "github.event.before": run["before"],
            "github.ref": "refs/heads/main",
            "github.repository": "shop/store",
            "github.sha": run["head_sha"],
            "github.token": "a token that reads",
            **{f"secrets.{name}": value for name, value in self.secrets.items()},
        }
        variables = {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "GH_STAND_IN": str(self.folder / "gh.json"),
            "GITHUB_REPOSITORY": "shop/store",
            "GITHUB_RUN_ATTEMPT": str(run["run_attempt"]),
            "GITHUB_RUN_NUMBER": str(run["run_number"]),
            "GITHUB_SHA": run["head_sha"],
        }
        machines = self.folder / f"run-{run['run_number']}-{run['run_attempt']}"
        machines.mkdir()
        given = (variables, {**known, **contexts})
        return Runner(self.remote, machines, lambda _: None, *given, commit=run["head_sha"])

    def start(self, run: dict[str, Any], **contexts: str) -> Runner:
        """Run the workflow for a push, to its end."""
        run |= {"status": "in_progress", "conclusion": None, "run_attempt": run["run_attempt"] + 1}
        self._publish()
        runner = self.runner(run, **contexts)
        runner.run(self.store / WORKFLOW)
        run |= {"status": "completed", "conclusion": "success" if runner.passed else "failure"}
        self._publish()
        return runner

    @property
    def deployed(self) -> list[str]:
        """Return the commits that were deployed, in order."""
        file = self.folder / "deployed"
        return file.read_text().split() if file.exists() else []

    @property
    def calls(self) -> list[dict[str, Any]]:
        """Return each call of a stand-in."""
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]


def switch(store: Path) -> None:
    own = store / "vercel/own.json"
    own.write_text(json.dumps({**json.loads(own.read_text()), DEPLOY_FROM_CI: True}))


@pytest.fixture
def ungated(generate: Generate, tmp_path: Path) -> Shop:
    store = Path(shutil.copytree(generate(), tmp_path / "store"))
    start(store)
    return Shop(store, tmp_path)


@pytest.fixture
def shop(ungated: Shop) -> Shop:
    switch(ungated.store)
    commit(ungated.store, "Deploy from CI")
    return ungated


def edit(shop: Shop, name: str) -> None:
    file = shop.store / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{file.read_text() if file.exists() else ''}// changed\n")


def push(shop: Shop, *names: str) -> dict[str, Any]:
    for name in names:
        edit(shop, name)
    return shop.push(f"Change {' and '.join(names)}")


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_without_the_switch_ci_deploys_nothing(ungated: Shop) -> None:
    done = ungated.start(push(ungated, "storefront/src/app/page.tsx"))

    assert (done.passed, done.ran) == (True, ["check"]), done.log
    assert "npm" not in [call["program"] for call in ungated.calls]
    assert "main" not in Repository(ungated.store).vercel["git"]["deploymentEnabled"]
    assert Repository(ungated.store).vercel["ignoreCommand"]


def test_a_green_commit_is_deployed_by_the_only_step_that_has_the_token(shop: Shop) -> None:
    run = push(shop, "storefront/src/app/page.tsx")

    done = shop.start(run)

    assert (done.passed, done.ran) == (True, ["check", "deploy"]), done.log
    sha = run["head_sha"]
    (deploy,) = [call for call in shop.calls if call["program"] == "vercel"]
    assert deploy["arguments"] == [
        *("deploy", "--prod", "--yes"),
        *("--build-env", f"NEXT_PUBLIC_VERCEL_GIT_COMMIT_SHA={sha}"),
    ]
    assert (deploy["head"], deploy["secrets"]) == (sha, sorted(SECRETS))
    assert {tuple(c["secrets"]) for c in shop.calls if c["program"] != "vercel"} == {()}


def test_vercels_own_cli_sends_the_commit_with_the_rooms(shop: Shop) -> None:
    """Only the API behind it is a stand-in."""
    run = push(shop, "storefront/src/app/page.tsx")
    shop.secrets |= {"VERCEL_ORG_ID": str(TEAM["id"]), "VERCEL_PROJECT_ID": str(PROJECT["id"])}
    node = shutil.which("node")
    with stand_in(SECRETS["VERCEL_TOKEN"]) as (address, asked):
        vercel = shop.folder / "bin/vercel"
        vercel.write_text(
            "#!/bin/sh\nexport VERCEL_TELEMETRY_DISABLED=1 NO_UPDATE_NOTIFIER=1\n"
            f'exec {node} {VERCEL.resolve()} "$@" --api {address}\n'
        )

        done = shop.start(run)

    assert done.passed, done.log
    (deployment,) = asked
    assert (deployment["target"], deployment["project"]) == ("production", PROJECT["id"])
    assert deployment["gitMetadata"]["commitSha"] == run["head_sha"]
    assert deployment["build"]["env"] == {"NEXT_PUBLIC_VERCEL_GIT_COMMIT_SHA": run["head_sha"]}
    assert deployment["git"] == Repository(shop.store).vercel["git"]
    assert "ignoreCommand" not in deployment
    files = {file["file"] for file in deployment["files"]}
    assert {"storefront/vercel.ts", "vercel/config.ts", "monitoring/build.ts"} <= files


def test_the_cli_is_the_one_that_is_tried(workflow: Any) -> None:
    (install,) = re.findall(r"npm install .*", json.dumps(workflow["jobs"]["deploy"]["steps"]))
    tried = json.loads((ROOT / "tests/node/package.json").read_text())

    assert f" vercel@{tried['dependencies']['vercel']}" in install


def test_pushes_to_main_deploy_nothing_by_themselves_then(shop: Shop) -> None:
    configuration = Repository(shop.store).vercel

    (branch,) = yaml.safe_load((shop.store / WORKFLOW).read_text())[True]["push"]["branches"]
    enabled = configuration["git"]["deploymentEnabled"]
    assert enabled == {"dependabot/**": False, "renovate/**": False, branch: False}


def test_a_green_commit_ships_the_red_one_below_it(shop: Shop) -> None:
    edit(shop, "red")
    red = shop.start(push(shop, "storefront/src/app/page.tsx"))
    (shop.store / "red").unlink()
    run = push(shop, "api/tests/test_cart.py")
    green = shop.start(run)

    assert (red.passed, red.ran) == (False, ["check"])
    assert (green.passed, green.ran) == (True, ["check", "deploy"]), green.log
    assert shop.deployed == [run["head_sha"]]
    # Vercel would compare it with the last commit that was built, and build nothing.
    assert "ignoreCommand" not in Repository(shop.store).vercel


def test_two_pushes_at_once_each_get_a_verdict_and_ship_in_order(shop: Shop) -> None:
    older, newer = push(shop, "api/a.py"), push(shop, "api/b.py")
    hold = shop.folder / f"hold-{older['head_sha']}"
    hold.touch()
    groups = [shop.runner(run).concurrency(shop.store / WORKFLOW) for run in (older, newer)]
    for run in (older, newer):
        shutil.rmtree(shop.folder / f"run-{run['run_number']}-0")
    threads = [threading.Thread(target=shop.start, args=[run]) for run in (older, newer)]

    threads[0].start()
    wait_for(lambda: [call for call in shop.calls if call["arguments"] == ["check"]])
    threads[1].start()
    # The newer one has passed, and waits.
    wait_for(lambda: [call for call in shop.calls if call["program"] == "npm"])
    time.sleep(1)
    waiting = shop.deployed
    hold.unlink()
    for thread in threads:
        thread.join()

    assert waiting == []
    assert shop.deployed == [older["head_sha"], newer["head_sha"]]
    assert len({group for group, _ in groups}) == 2
    assert {cancels for _, cancels in groups} == {False}


def test_an_older_commit_never_replaces_a_newer_one(shop: Shop) -> None:
    older, newer = push(shop, "api/a.py"), push(shop, "api/b.py")
    shop.start(older)
    shop.start(newer)

    again = shop.start(older)

    assert again.passed, again.log
    assert "::notice::Nothing is deployed: a newer commit of main has passed." in again.log
    assert shop.deployed == [older["head_sha"], newer["head_sha"]]


def test_an_older_commit_is_not_run_again_beside_a_newer_one(shop: Shop) -> None:
    older, newer = push(shop, "api/a.py"), push(shop, "api/b.py")
    shop.start(older)
    newer["status"] = "in_progress"

    again = shop.start(older)

    assert not again.passed
    assert "::error::A newer commit of main is on its way." in again.log
    assert shop.deployed == [older["head_sha"]]


def test_a_failed_deployment_of_a_newer_commit_does_not_stop_an_older_one(shop: Shop) -> None:
    older, newer = push(shop, "api/a.py"), push(shop, "api/b.py")
    newer |= {"status": "completed", "conclusion": "failure"}

    shop.start(older)

    assert shop.deployed == [older["head_sha"]]


@pytest.mark.parametrize("name", SECRETS)
def test_the_switch_without_a_secret_is_a_failure_with_a_sentence(shop: Shop, name: str) -> None:
    shop.secrets.pop(name)

    done = shop.start(push(shop, "api/a.py"))

    assert (done.passed, done.ran) == (False, ["check", "deploy"])
    assert f"::error::vercel/own.json says deployFromCI, but the secret {name} is not" in done.log
    assert shop.deployed == []


def pull_request(base: str) -> dict[str, str]:
    return {
        "github.event_name": "pull_request",
        "github.ref": "refs/pull/7/merge",
        "github.event.pull_request.base.sha": base,
        "github.event.before": "",
    }


def test_a_pull_request_deploys_nothing_and_cancels_its_own_older_run(shop: Shop) -> None:
    run = push(shop, "api/a.py")
    event = pull_request(run["before"])

    done = shop.start(run, **event)

    assert (done.passed, done.ran) == (True, ["check"]), done.log
    group = shop.runner(run | {"run_attempt": 9}, **event).concurrency(shop.store / WORKFLOW)
    assert group == ("ci-refs/pull/7/merge", True)


def drop_a_path(shop: Shop) -> None:
    file = shop.store / "storefront/openapi.json"
    document = json.loads(file.read_text())
    document["paths"].pop("/products/{slug}")
    file.write_text(json.dumps(document))


def test_a_breaking_change_of_the_api_is_refused(shop: Shop) -> None:
    drop_a_path(shop)
    run = shop.push("Remove a page")

    for event in ({}, pull_request(run["before"])):
        done = shop.start(run, **event)
        assert (done.passed, done.ran) == (False, ["check"])
        assert "GET /products/{slug}: is gone" in done.log


def test_a_refused_change_is_refused_again_with_the_next_commit(shop: Shop) -> None:
    assert shop.start(push(shop, "api/a.py")).passed
    drop_a_path(shop)
    assert not shop.start(shop.push("Remove a page")).passed

    done = shop.start(push(shop, "api/b.py"))

    assert not done.passed
    assert "GET /products/{slug}: is gone" in done.log
    assert len(shop.deployed) == 1


def test_an_older_commit_is_compared_with_what_was_below_it(shop: Shop) -> None:
    assert shop.start(push(shop, "api/a.py")).passed
    older = push(shop, "api/b.py")
    file = shop.store / "storefront/openapi.json"
    document = json.loads(file.read_text())
    document["paths"]["/orders"] = document["paths"]["/products"]
    file.write_text(json.dumps(document))
    newer = shop.push("Add a page")
    newer |= {"status": "completed", "conclusion": "success"}

    assert shop.start(older).passed


@pytest.fixture(params=[{}, {"include_starter": False}], ids=["starter", "no starter"])
def workflow(request: pytest.FixtureRequest, generate: Generate) -> Any:
    return yaml.safe_load((generate(**request.param) / WORKFLOW).read_text())


def test_the_storefront_is_deployed_after_all_other_jobs(workflow: Any) -> None:
    jobs = workflow["jobs"]
    deploy = jobs.pop("deploy")

    assert deploy["needs"] == list(jobs)
    assert workflow["permissions"] == {}
    assert all(set(job["permissions"].values()) == {"read"} for job in [deploy, *jobs.values()])


def test_only_the_last_step_has_the_secrets(workflow: Any) -> None:
    *others, last = workflow["jobs"].pop("deploy")["steps"]

    assert set(last["env"]) == set(SECRETS)
    assert "secrets." not in json.dumps([others, workflow["jobs"]])


def names(text: str) -> Iterator[str]:
    return (found for found in re.findall(r"`(VERCEL_\w+)`", text))


def test_the_readme_names_the_switch_and_each_secret(generate: Generate) -> None:
    readme = (generate() / "vercel/README.md").read_text()

    assert f'"{DEPLOY_FROM_CI}": true' in readme
    assert set(names(readme)) >= set(SECRETS)


def test_the_template_itself_gives_each_commit_its_verdict(shop: Shop) -> None:
    runs = [push(shop, "api/a.py"), push(shop, "api/b.py")]

    groups = [shop.runner(run).concurrency(ROOT / WORKFLOW) for run in runs]

    assert [cancels for _, cancels in groups] == [False, False]
    assert groups[0] != groups[1]
