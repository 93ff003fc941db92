"""Vercel's project gets what a store declares, and values that are not to be seen are not."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import sentry_api_stand_in as sentry_stand_in
from support.api_stand_in import Fault
from support.checkout import Generate
from support.descriptions import Description
from support.live import ANSWERS, Done, Live, kill_before_the_answer, run_here
from support.vercel_api_stand_in import TEAM, TOKEN, Team, descriptions, stand_in

from luma.live import commands, engine
from luma.live.vercel import account

NAME = "luma-store"
SECRETS = {
    "REVALIDATE_SECRET": "a-long-secret-of-the-pages",
    "STOREFRONT_SECRET": "a-long-secret-of-the-storefront",
    "SENTRY_AUTH_TOKEN": "sntrys_a-long-token",
}
VALUES = {
    **SECRETS,
    "API_ORIGIN": "https://luma-store-api.onrender.com",
    "NEXT_PUBLIC_CLOUDINARY_CLOUD_NAME": "lamps",
    "NEXT_PUBLIC_SENTRY_DSN": "https://key@o1.ingest.de.sentry.io/1",
    "SENTRY_ORG": "acme",
}
THINGS = 15


@pytest.fixture(scope="session")
def judges() -> tuple[Description, Description]:
    return descriptions()


@pytest.fixture
def team(judges: tuple[Description, Description]) -> Iterator[Team]:
    """Return a team without projects, which only gets right requests."""
    with stand_in(judges) as running:
        yield running
    assert running.wrong == []


@pytest.fixture
def store(generate: Generate) -> Path:
    return generate(**ANSWERS)


def environment(team: Team) -> dict[str, str]:
    return {"VERCEL_TOKEN": TOKEN, "VERCEL_BASE_URL": team.address, **VALUES}


@pytest.fixture
def live(
    team: Team, store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Live:
    """Return a function that runs the command here, where no terminal is."""
    for name, value in environment(team).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("VERCEL_TEAM", raising=False)
    monkeypatch.setattr(engine, "SETTLE_SECONDS", 0)
    monkeypatch.setattr("luma.live.account.POLL_SECONDS", 0)

    def live(command: str, *options: str, only: str = "vercel", store: Path = store) -> Done:
        arguments = [command, "--only", only, *options, "--store", str(store)]
        return run_here(capsys, (TOKEN, *SECRETS.values()), *arguments)

    return live


@pytest.fixture
def equal(team: Team, live: Live) -> Team:
    """Return a team that has what the store declares, and no requests recorded."""
    assert live("apply", "--yes").code == 0
    team.requests.clear()
    return team


@pytest.fixture(scope="module")
def whole(judges: tuple[Description, Description], generate: Generate) -> Any:
    """Return all that is there when everything was done in one go."""
    with stand_in(judges) as running, pytest.MonkeyPatch.context() as patch:
        for name, value in environment(running).items():
            patch.setenv(name, value)
        patch.setattr("luma.live.account.POLL_SECONDS", 0)
        arguments = ["apply", "--yes", "--only", "vercel", "--store", str(generate(**ANSWERS))]
        assert commands.main(arguments) == 0
        return running.holds()


def test_a_plan_shows_everything_and_writes_nothing(team: Team, live: Live) -> None:
    done = live("plan")
    assert done.code == 2
    assert "create project luma-store\n  repository: lamps/shop\n  framework: nextjs\n" in done.out
    assert "  function region: fra1\n" in done.out
    assert "  value: https://shop.example.com\n" in done.out
    assert done.out.count("  value: as it is set here, not shown\n") == len(SECRETS)
    assert f"{THINGS} to create, 0 to change, 0 unchanged, 0 not declared here\n" in done.out
    assert (team.writes, len(team.requests)) == ([], 3)


def test_what_is_applied_is_equal_and_applied_again_writes_nothing(team: Team, live: Live) -> None:
    assert live("apply", "--yes").code == 0
    assert len(team.writes) == THINGS
    for command in ("apply", "plan", "check"):
        team.requests.clear()
        again = live(command)
        assert (again.code, team.writes, len(team.requests)) == (0, [], 6)
        assert f"0 to create, 0 to change, {THINGS} unchanged" in again.out
        for name in SECRETS:
            line = f"there, but never shown, so not compared: value of variable {name} of"
            assert line in again.out


def test_vercel_gets_what_the_files_say(equal: Team) -> None:
    project = equal.projects[NAME]
    assert (project["rootDirectory"], project["nodeVersion"]) == ("storefront", "24.x")
    assert project["resourceConfig"]["functionDefaultRegions"] == ["fra1"]
    assert (project["link"]["org"], project["link"]["repo"]) == ("lamps", "shop")
    secret = equal.variable(NAME, "REVALIDATE_SECRET")
    assert (secret["type"], secret["target"]) == ("sensitive", ["production"])
    assert secret["value"] == SECRETS["REVALIDATE_SECRET"]
    rates = [each for each in equal.variables[NAME] if each["key"].endswith("SAMPLE_RATE")]
    assert {each["target"][0]: each["value"] for each in rates} == {
        "production": "0.2",
        "preview": "1.0",
    }


def test_values_that_nobody_has_said_wait_with_the_place_to_find_them(
    team: Team, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VALUES:
        monkeypatch.delenv(name)
    done = live("apply", "--yes")
    assert done.code == 3
    assert len(team.writes) == THINGS - len(VALUES) - len(["the deployment", "the domain"])
    assert "create production deployment\n  state: READY\n  (waits for you)" in done.out
    found = "Set API_ORIGIN for this command, or in Vercel (Render, service luma-store-api: the"
    assert f"waiting for you: {found}" in done.out
    assert "https://vercel.com/lamps/luma-store/settings/environment-variables\n" in done.out
    # Somebody sets one in the dashboard, whose value is then not for this command to say.
    by_hand = {"key": "API_ORIGIN", "type": "plain", "target": ["production"], "value": "x"}
    team.variables[NAME].append({**by_hand, "id": "env_99"})
    assert "API_ORIGIN" not in live("check").out
    for name, value in VALUES.items():
        monkeypatch.setenv(name, value)
    assert live("apply", "--yes").code == 0
    assert team.variable(NAME, "API_ORIGIN")["value"] == VALUES["API_ORIGIN"]


def test_without_every_token_nothing_is_written(
    team: Team, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENTRY_LIVE_TOKEN", raising=False)
    assert live("apply", "--yes", only="vercel,sentry").error.startswith("SENTRY_LIVE_TOKEN is not")
    assert team.writes == []


def test_the_dsn_is_carried_from_sentry(
    team: Team, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEXT_PUBLIC_SENTRY_DSN")
    with sentry_stand_in.stand_in(sentry_stand_in.descriptions()) as organization:
        organization.add_member("ida@shop.example.com")
        monkeypatch.setenv("SENTRY_BASE_URL", organization.address)
        monkeypatch.setenv("SENTRY_LIVE_TOKEN", sentry_stand_in.TOKEN)
        assert live("apply", "--yes", only="sentry,vercel").code == 0
        [key] = organization.keys["luma-store-storefront"]
    assert team.variable(NAME, "NEXT_PUBLIC_SENTRY_DSN")["value"] == key["dsn"]["public"]
    assert organization.wrong == []


@pytest.mark.parametrize("number", range(1, THINGS + 1))
def test_killed_after_each_write_before_its_answer_and_run_again(
    team: Team, whole: Any, store: Path, live: Live, number: int
) -> None:
    kill_before_the_answer(number, team, "vercel", store, environment(team))
    assert live("apply", "--yes").code == 0
    assert len(team.writes) == THINGS
    assert team.holds() == whole
    assert [each["readyState"] for each in team.deployments] == ["READY"]


@pytest.mark.parametrize("applied", [True, False], ids=["answer lost", "lost on the way"])
def test_no_write_is_done_twice_when_its_answer_is_lost(
    team: Team, whole: Any, live: Live, applied: bool
) -> None:
    writes: list[str] = []

    def fault(method: str, path: str) -> Fault | None:
        if method == "GET":
            return None
        writes.append(path)
        return Fault(applied=applied) if applied or len(writes) % 2 else None

    team.fault = fault
    assert live("apply", "--yes").code == 0
    assert team.holds() == whole
    assert [each["readyState"] for each in team.deployments] == ["READY"]
    assert len(team.writes) == THINGS * (1 if applied else 2)


def test_the_limit_is_waited_for_until_vercels_own_time(
    team: Team, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    left = [Fault(429, (("X-RateLimit-Reset", str(int(time.time()) + 30)),))]
    team.fault = lambda *_: left.pop() if left else None
    assert live("plan").code == 2
    assert 29 <= pauses[0] <= 32


def test_a_repository_that_vercel_may_not_see_is_told_with_vercels_own_link(
    team: Team, live: Live
) -> None:
    team.sees_repository = False
    done = live("apply", "--yes")
    assert done.code == 1
    assert "install the GitHub integration first" in done.error
    assert "action: Install GitHub App; link: https://github.com/apps/vercel." in done.error
    assert "Written: nothing. Not confirmed: project luma-store." in done.error


def test_a_variable_that_is_answered_with_201_and_not_taken_is_told(team: Team, live: Live) -> None:
    team.failing.add("STOREFRONT_SECRET")
    done = live("apply", "--yes")
    assert done.code == 1
    refused = "Vercel did not take STOREFRONT_SECRET: BAD_VALUE: *** is not good. Written: project"
    assert done.error.startswith(refused)


def change(name: str, **fields: Any) -> Callable[[Team], Any]:
    return lambda team: team.variable(NAME, name).update(fields)


def twice(team: Team) -> None:
    team.variables[NAME].append({**team.variable(NAME, "SENTRY_URL"), "id": "env_99"})


def of_others(team: Team) -> None:
    team.projects[NAME]["link"]["repo"] = "other"


REFUSED: dict[str, tuple[Callable[[Team], Any], str]] = {
    "another repository": (
        of_others,
        "The project luma-store is there already, and builds lamps/o",
    ),
    "a variable twice": (twice, "The variable SENTRY_URL of preview, production is set 2 times"),
    "another team": (
        lambda team: team.teams[0].update(id="team_2"),
        "The token in VERCEL_TOKEN may not GET /v9/projects/luma-store: it belongs to others",
    ),
    "two teams": (
        lambda team: team.teams.append({**TEAM, "id": "team_2", "slug": "other"}),
        "Set VERCEL_TEAM to the team that the store belongs to, one of: lamps, other.",
    ),
}


@pytest.mark.parametrize(("prepare", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_must_not_be_touched_is_refused_before_any_write(
    equal: Team, live: Live, prepare: Callable[[Team], Any], sentence: str
) -> None:
    equal.projects[NAME]["framework"] = "remix"  # something to write
    prepare(equal)
    done = live("apply", "--yes")
    assert (done.code, equal.writes) == (1, [])
    assert done.error.startswith(sentence)


def test_the_team_is_found_by_its_name_on_any_page(
    equal: Team, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    equal.page_size = 1
    equal.teams.insert(0, {**TEAM, "id": "team_2", "slug": "other"})
    monkeypatch.setenv("VERCEL_TEAM", "lamps")
    assert live("check").code == 0


def test_a_variable_that_no_code_reads_is_neither_asked_for_nor_missed(
    equal: Team, live: Live, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = shutil.copytree(store, tmp_path / "store")
    for file in (older / "storefront/src").rglob("*.ts"):
        file.write_text(file.read_text().replace("STOREFRONT_SECRET", "OTHER"))
    monkeypatch.delenv("STOREFRONT_SECRET")
    held = equal.variable(NAME, "STOREFRONT_SECRET")
    equal.variables[NAME].remove(held)
    for folder, is_named in ((store, True), (older, False)):
        done = live("check", store=folder)
        assert done.code == 0
        assert ("optional, and not set: variable STOREFRONT_SECRET" in done.out) == is_named


def test_the_recorders_project_is_carried_to_production_only(
    team: Team, live: Live, generate: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, store = "NEXT_PUBLIC_LOGROCKET_APP_ID", generate(**ANSWERS, enable_logrocket=True)
    assert live("apply", "--yes", store=store).code == 0
    where = "(LogRocket, Settings, Project Setup: organisation/app)"
    assert (
        f"optional, and not set: variable {name} of production {where}\n"
        in live("check", store=store).out
    )
    monkeypatch.setenv(name, "lamps")
    team.requests.clear()
    done = live("apply", "--yes", store=store)
    assert done.error.startswith(f"{name} is no App ID: it must be organisation/app, as LogRocket")
    assert (done.code, team.requests) == (1, [])
    assert live("check").code == 0  # without LogRocket, nothing reads it
    monkeypatch.setenv(name, "lamps/shop")
    assert live("apply", "--yes", store=store).code == 0
    held = team.variable(NAME, name)
    assert (held["value"], held["target"]) == ("lamps/shop", ["production"])


def test_a_person_without_a_team_has_a_store_too(team: Team, live: Live) -> None:
    team.teams.clear()
    assert live("apply", "--yes").code == 0
    assert not [path for _, path in team.requests if "teamId" in path]


def test_a_project_without_a_repository_waits_for_a_person(equal: Team, live: Live) -> None:
    equal.projects[NAME]["link"] = None
    done = live("apply", "--yes")
    assert (done.code, equal.writes) == (3, [])
    assert "Connect the project luma-store to lamps/shop: https://vercel.com/lamps/luma" in done.out


DRIFT: dict[str, tuple[Callable[[Team], Any], str]] = {
    "a root directory": (
        lambda team: team.projects[NAME].update(rootDirectory="web"),
        "change project luma-store\n  rootDirectory: web -> storefront\n",
    ),
    "a Node version": (
        lambda team: team.projects[NAME].update(nodeVersion="20.x"),
        "change settings of luma-store\n  nodeVersion: 20.x -> 24.x\n",
    ),
    "a region": (
        lambda team: team.projects[NAME]["resourceConfig"].update(functionDefaultRegions=["iad1"]),
        "change settings of luma-store\n  function region: iad1 -> fra1\n",
    ),
    "a value": (
        change("SENTRY_URL", value="https://us.sentry.io"),
        "  value: https://us.sentry.io -> https://de.sentry.io\n",
    ),
    "an environment too few": (
        change("SENTRY_URL", target=["production"]),
        "  target: production -> preview, production\n",
    ),
    "a secret that can be read": (
        change("REVALIDATE_SECRET", type="plain"),
        "change variable REVALIDATE_SECRET of production\n  type: plain -> sensitive\n",
    ),
    "a deployment deleted": (
        lambda team: team.deployments.clear(),
        "create production deployment\n  state: READY\n",
    ),
    "a domain removed": (
        lambda team: team.domains.remove(team.domain("shop.example.com")),
        "create domain shop.example.com\n  leads to: production\n  verified: on\n",
    ),
    "a deleted variable": (
        lambda team: team.variables[NAME].remove(team.variable(NAME, "STOREFRONT_SECRET")),
        "create variable STOREFRONT_SECRET of production\n",
    ),
}


@pytest.mark.parametrize(("drift", "shown"), DRIFT.values(), ids=DRIFT)
def test_drift_is_found_without_a_write_and_repaired(
    equal: Team, whole: Any, live: Live, drift: Callable[[Team], Any], shown: str
) -> None:
    drift(equal)
    done = live("check")
    assert (done.code, equal.writes) == (2, [])
    assert shown in done.out
    assert live("apply", "--yes").code == 0
    assert equal.holds() == whole
    assert equal.deployments[0]["readyState"] == "READY"
    assert live("check").code == 0


def push(state: str, **fields: Any) -> Callable[[Team], Any]:
    return lambda team: team.deploy(state, **fields)


def set_by_hand(team: Team) -> None:
    team.variable(NAME, "API_ORIGIN")["updatedAt"] = next(team.clock)


def set_at_once(team: Team) -> None:
    team.variable(NAME, "API_ORIGIN")["updatedAt"] = team.deployments[0]["created"]


def at_work_without_the_value(team: Team) -> None:
    team.deploy("BUILDING", left=3)
    set_by_hand(team)


def failed_without_the_value(team: Team) -> None:
    team.deploy("ERROR")
    set_by_hand(team)


REPEATED: dict[str, Callable[[Team], Any]] = {
    "a value set since": set_by_hand,
    "a value set in the same moment": set_at_once,
    "a value set while one was at work": at_work_without_the_value,
    "a value set after one failed": failed_without_the_value,
}


@pytest.mark.parametrize("prepare", REPEATED.values(), ids=REPEATED)
def test_what_is_older_than_a_variable_is_deployed_once_more(
    equal: Team, live: Live, prepare: Callable[[Team], Any]
) -> None:
    prepare(equal)
    done = live("check")
    assert (done.code, equal.writes, len(equal.requests)) == (2, [], 6)
    assert "change production deployment\n  state: older than the variables -> READY" in done.out
    held = len(equal.deployments)
    assert live("apply", "--yes").code == 0
    assert equal.writes == [("POST", "/v13/deployments?teamId=team_1")]
    assert len(equal.deployments) == held + 1
    assert not [each for each in equal.deployments if "left" in each]
    assert live("check").code == 0


def test_what_a_push_has_begun_is_waited_for_and_not_begun_twice(equal: Team, live: Live) -> None:
    equal.deploy("QUEUED", left=6)
    done = live("check")
    assert (done.code, len(equal.requests)) == (2, 6)
    assert "change production deployment\n  state: at work -> READY\n" in done.out
    done = live("apply", "--yes")
    assert (done.code, equal.writes) == (0, [])
    assert "waiting for the production deployment: BUILDING, 0 s ...\n" in done.out


@pytest.mark.parametrize(
    ("state", "told"), [("ERROR", "failed: *** is no page."), ("BLOCKED", "is blocked: *** is no")]
)
def test_a_deployment_that_failed_is_for_a_person_to_look_at(
    equal: Team, live: Live, state: str, told: str
) -> None:
    begun = equal.deploy(state, errorMessage=f"{TOKEN} is no page")
    done = live("apply", "--yes")
    assert (done.code, equal.writes) == (3, [])
    assert f"waiting for you: The newest production deployment {told}" in done.out
    assert f"correct it, and push, or press Redeploy: {begun['inspectorUrl']}\n" in done.out
    equal.deploy()
    assert live("check").code == 0


@pytest.mark.parametrize(("ending", "told"), [("ERROR", "failed"), ("CANCELED", "was canceled")])
def test_a_deployment_that_fails_ends_the_command(
    equal: Team, live: Live, ending: str, told: str
) -> None:
    set_by_hand(equal)
    equal.ending = ending
    done = live("apply", "--yes")
    assert done.code == 1
    assert f"The newest production deployment {told}. Read why at https://vercel.com/" in done.error


def test_what_vercel_skips_is_no_failure(equal: Team, live: Live) -> None:
    # `ignoreCommand` found nothing for the storefront in the commit.
    skipped = equal.deploy("CANCELED")
    assert live("check").code == 0
    equal.deployments[:] = [skipped, equal.deploy("DELETED")]
    done = live("check")
    assert done.code == 3
    assert "The newest production deployment was canceled. Read why" in done.out


@pytest.fixture
def deployed_by_ci(store: Path, tmp_path: Path) -> Path:
    """Return a store in which a workflow deploys."""
    by_ci = shutil.copytree(store, tmp_path / "store")
    own = by_ci / "vercel/own.json"
    own.write_text(json.dumps(json.loads(own.read_text()) | {"deployFromCI": True}))
    return by_ci


def test_what_a_workflow_deploys_is_only_reported(
    team: Team, live: Live, deployed_by_ci: Path
) -> None:
    done = live("apply", "--yes", store=deployed_by_ci)
    assert done.code == 3
    workflow = "https://github.com/lamps/shop/actions/workflows/ci.yml"
    assert f"Push to the production branch, so that CI deploys it: {workflow}\n" in done.out
    team.deploy("BUILDING", left=6)
    assert live("apply", "--yes", store=deployed_by_ci).code == 0
    begun = team.deploy("BUILDING", left=6)

    def set_meanwhile(_: str, path: str) -> None:
        if "/v13/" in path:
            set_by_hand(team)

    team.answering = set_meanwhile
    done = live("apply", "--yes", store=deployed_by_ci)
    assert done.code == 3
    assert f"Press Redeploy there: {begun['inspectorUrl']}\n" in done.out
    assert "/v13/deployments" not in {path.partition("?")[0] for _, path in team.writes}


ENTER = "waiting for you: Enter at the registrar of example.com: "
CNAME = (
    "CNAME shop.example.com = of-lamps.vercel-dns.example (Vercel may see it hours later): https://"
)
TXT = "TXT _vercel.example.com = a-proof"


def test_the_records_of_the_domain_are_entered_by_a_person(team: Team, live: Live) -> None:
    team.records.clear()
    done = live("apply", "--yes")
    assert (done.code, len(team.writes)) == (3, THINGS)
    assert f"{ENTER}{CNAME}vercel.com/lamps/luma-store/settings/domains\n" in done.out
    team.requests.clear()
    done = live("check")
    assert (done.code, team.writes) == (3, [])
    assert "change domain shop.example.com\n  DNS records: others -> as Vercel needs" in done.out
    assert ENTER in done.out
    team.records.add("CNAME")
    for command in ("check", "apply"):
        assert (live(command).code, team.writes) == (0, [])


def test_a_domain_that_others_have_used_is_verified_when_its_record_is_there(
    team: Team, whole: Any, live: Live
) -> None:
    team.unproven.add("shop.example.com")
    team.records.clear()
    done = live("apply", "--yes")
    assert (done.code, len(team.writes)) == (3, THINGS + 1)
    assert "\nwaits for you: domain shop.example.com\n" in done.out
    assert f"{ENTER}{TXT}; {CNAME}" in done.out
    team.records |= {"CNAME", "TXT"}
    team.requests.clear()
    done = live("check")
    assert (done.code, team.writes) == (3, [])
    assert f"{ENTER}{TXT} (Vercel may see it hours later): https://" in done.out
    assert live("apply", "--yes").code == 0
    assert [path.partition("?")[0] for _, path in team.writes] == [
        "/v9/projects/luma-store/domains/shop.example.com/verify"
    ]
    assert team.holds() == whole


def test_a_domain_without_a_name_before_it_gets_an_address(
    team: Team, live: Live, generate: Generate
) -> None:
    team.records.clear()
    done = live("apply", "--yes", store=generate(**{**ANSWERS, "domain": "example.com"}))
    assert done.code == 3
    assert f"{ENTER}A example.com = 192.0.2.1 (Vercel" in done.out


def test_a_domain_that_another_project_has_is_told(team: Team, live: Live) -> None:
    team.taken.add("shop.example.com")
    done = live("apply", "--yes")
    assert done.code == 1
    assert done.error.startswith("Vercel did not add shop.example.com. Vercel refused POST /v10/")
    assert "since it's already in use by another project. If another project or" in done.error
    assert "Not confirmed: domain shop.example.com. Not begun: nothing." in done.error
    assert len(team.writes) == THINGS


@pytest.mark.parametrize("field", ["redirect", "gitBranch"])
def test_a_domain_that_leads_elsewhere_is_for_a_person_to_edit(
    equal: Team, live: Live, field: str
) -> None:
    equal.domain("shop.example.com")[field] = "other"
    done = live("apply", "--yes")
    assert (done.code, equal.writes) == (3, [])
    assert "change domain shop.example.com\n  leads to: other -> production\n" in done.out
    assert "Edit shop.example.com, which leads to other: connect it to Production: h" in done.out


def test_a_domain_waits_for_a_deployment_that_failed(equal: Team, live: Live) -> None:
    equal.domains.remove(equal.domain("shop.example.com"))
    equal.deploy("ERROR")
    done = live("apply", "--yes")
    assert (done.code, equal.writes) == (3, [])
    assert done.out.count("(waits for you)") == 2
    assert done.out.count("waiting for you: The newest production deployment failed.") == 1
    equal.deploy()
    assert live("apply", "--yes").code == 0
    assert [path.partition("?")[0] for _, path in equal.writes] == [
        "/v10/projects/luma-store/domains"
    ]


@pytest.fixture
def unnamed(generate: Generate) -> Path:
    """Return a store without a domain of its own."""
    return generate(**{**ANSWERS, "domain": ""})


ADDRESS = "https://luma-store.vercel.app"
LATER = 2
"""The writes that follow where Vercel says the address late: the variable, and the deployment."""


def site(team: Team) -> Any:
    return team.variable(NAME, "NEXT_PUBLIC_SITE_URL")["value"]


def test_without_a_domain_the_storefront_gets_vercels_own_address(
    team: Team, live: Live, unnamed: Path
) -> None:
    done = live("apply", "--yes", store=unnamed)
    assert (done.code, len(team.deployments), site(team)) == (0, 1, ADDRESS)
    assert "Set NEXT_PUBLIC_SITE_URL" not in done.out
    # It is not for this command to say any more, also where the project gets a domain.
    team.domain("lamps.example")
    assert live("check", store=unnamed).code == 0
    team.variables[NAME].remove(team.variable(NAME, "NEXT_PUBLIC_SITE_URL"))
    team.domain("a-longer-name-of.lamps.example")
    done = live("check", store=unnamed)
    assert done.code == 2
    assert "  value: https://lamps.example\n" in done.out
    assert live("apply", "--yes", store=unnamed).code == 0
    assert (len(team.deployments), site(team)) == (2, "https://lamps.example")


@pytest.mark.parametrize("number", range(THINGS - LATER, THINGS + 2))
def test_an_address_that_comes_with_the_deployment_is_deployed_again(
    team: Team, live: Live, unnamed: Path, number: int
) -> None:
    team.address_at_once = False
    if number <= THINGS:
        kill_before_the_answer(number, team, "vercel", unnamed, environment(team))
    assert live("apply", "--yes", store=unnamed).code == 0
    assert (len(team.deployments), site(team)) == (2, ADDRESS)
    assert len(team.writes) == THINGS
    assert live("check", store=unnamed).code == 0


def test_what_is_not_declared_is_shown_and_left_alone(equal: Team, live: Live) -> None:
    theirs = {"key": "THEIRS", "type": "plain", "target": ["preview"], "value": "unseen-value"}
    equal.variables[NAME].append({**theirs, "id": "env_98"})
    equal.variables[NAME].append({**theirs, "key": "API_ORIGIN", "id": "env_99"})
    done = live("apply", "--yes")
    assert (done.code, equal.writes) == (0, [])
    assert "not declared here, left alone: variable THEIRS of preview\n" in done.out
    assert "not declared here, left alone: variable API_ORIGIN of preview\n" in done.out
    assert "unseen-value" not in done.out


BROKEN = {
    "a method": ("PATCH /v9/projects", lambda _, path, body: ("PUT", path, body)),
    "a path": ("POST /v11", lambda method, path, body: (method, path.replace("11", "12"), body)),
    "Node at creation": (
        "POST /v11", lambda method, path, body: (method, path, {**body, "nodeVersion": "24.x"})
    ),
    "the name of a domain": (
        "/domains$", lambda method, path, body: (method, path, {"domain": body["name"]})
    ),
    "a branch": (
        "POST /v13", lambda method, path, body: (method, path, {**body, "branch": "main"})
    ),
    "a field": (
        "/env", lambda method, path, _: (method, path, [{"key": "A", "val": "", "type": "plain"}])
    ),
    "a type": (
        "/env", lambda method, path, body: (method, path, [{**body[0], "type": "hidden"}])
    ),
    "no list of regions": (
        "PATCH", lambda method, path, body: (method, path, {**body, "resourceConfig": "fra1"})
    ),
}  # fmt: skip


@pytest.mark.parametrize(("where", "broken"), BROKEN.values(), ids=BROKEN)
def test_a_wrong_call_turns_red_through_the_descriptions(
    team: Team,
    live: Live,
    where: str,
    broken: Callable[..., tuple[str, str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send = account.Account.send

    def sent(
        self: Any, method: str, path: str, body: Any, query: Any = None, **options: Any
    ) -> Any:
        if re.search(where, f"{method} {path}"):
            method, path, body = broken(method, path, body)
        return send(self, method, path, body, query, **options)

    monkeypatch.setattr(account.Account, "send", sent)
    assert live("apply", "--yes").code == 1
    assert len(team.wrong) == 1
    team.wrong.clear()
