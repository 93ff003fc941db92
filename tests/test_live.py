"""Sentry becomes what a store declares, however it is met, and whatever happens on the way."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.api_stand_in import Fault
from support.checkout import Generate
from support.live import ANSWERS, Done, Live, at_a_terminal, kill_before_the_answer, run_here
from support.sentry_api_stand_in import (
    TOKEN,
    Descriptions,
    Organization,
    descriptions,
    stand_in,
)

from luma.live import commands, engine, transport
from luma.live.sentry.account import API, Account
from luma.problems import LumaError

NOTIFIED = ANSWERS["alert_email"]
MONITORS = {f"monitor luma-store-{name}" for name in ("store-down", "api-down")}
BURN_RATES = ("api-available-1h", "api-available-6h")
METRICS = {f"monitor luma-store-{name}" for name in ("api-errors", "api-slow", *BURN_RATES)}
ALERTS = {f"alert luma-store-{name}" for name in (
    "store-down", "api-down", "api-errors", "api-slow", "storefront-errors", *BURN_RATES
)}  # fmt: skip
PROJECTS = ("luma-store-storefront", "luma-store-api")
ALL = MONITORS | METRICS | ALERTS | {"team luma-store", "environment production"} | {
    f"{kind} {name}"
    for kind in (
        "project", "settings of", *(
            f"filter {name} of" for name in ("browser-extensions", "localhost", "web-crawlers")
        )
    )
    for name in PROJECTS
}  # fmt: skip
ONLY = ("--only", "sentry")
TAKEN = ("POST", "projects/")


@pytest.fixture(scope="session")
def judges() -> Descriptions:
    return descriptions()


@pytest.fixture
def empty(judges: Descriptions) -> Iterator[Organization]:
    """Return an organization with nothing in it but its people, which only gets right requests."""
    with stand_in(judges) as running:
        running.add_member(NOTIFIED)
        yield running
    assert running.wrong == []


@pytest.fixture(scope="module")
def applied(judges: Descriptions, generate: Generate) -> Organization:
    """Return an organization in which everything was done, in one go."""
    with stand_in(judges) as running, pytest.MonkeyPatch.context() as patch:
        running.add_member(NOTIFIED)
        for name, value in environment(running).items():
            patch.setenv(name, value)
        assert commands.main(["apply", *ONLY, "--yes", "--store", str(generate(**ANSWERS))]) == 0
    assert running.wrong == []
    return running


@pytest.fixture
def whole(applied: Organization) -> Any:
    """Return all that is there when everything is done."""
    return applied.holds()


@pytest.fixture
def equal(empty: Organization, applied: Organization) -> Organization:
    """Return an organization that has what the store declares, and no requests recorded."""
    empty.take(applied)
    return empty


@pytest.fixture
def store(generate: Generate) -> Path:
    return generate(**ANSWERS)


@pytest.fixture
def live(
    empty: Organization,
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Live:
    """Return a function that runs the command here, where no terminal is."""
    monkeypatch.setenv("SENTRY_LIVE_TOKEN", TOKEN)
    monkeypatch.setenv("SENTRY_ORG", "acme")
    monkeypatch.setenv("SENTRY_BASE_URL", empty.address)
    monkeypatch.delenv("NEXT_PUBLIC_SITE_URL", raising=False)
    monkeypatch.setattr(engine, "SETTLE_SECONDS", 0)

    def live(command: str, *options: str, store: Path = store) -> Done:
        return run_here(capsys, [TOKEN], command, *ONLY, *options, "--store", str(store))

    return live


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the list of the pauses, none of which is made."""
    made: list[float] = []
    monkeypatch.setattr(time, "sleep", made.append)
    return made


def environment(organization: Organization) -> dict[str, str]:
    return os.environ | {
        "SENTRY_LIVE_TOKEN": TOKEN, "SENTRY_ORG": "acme", "SENTRY_BASE_URL": organization.address
    }  # fmt: skip


def test_a_plan_shows_everything_and_writes_nothing(empty: Organization, live: Live) -> None:
    done = live("plan")
    assert done.code == 2
    assert set(re.findall("^create (.+)$", done.out, re.MULTILINE)) == ALL
    assert "  url: https://shop.example.com/api/readyz\n" in done.out
    assert "25 to create, 0 to change, 0 unchanged, 0 not declared here\n" in done.out
    assert empty.writes == []
    assert len(empty.requests) == 7


def test_what_is_applied_is_equal_and_applied_again_writes_nothing(
    empty: Organization, live: Live
) -> None:
    done = live("apply", "--yes")
    assert done.code == 0
    assert set(re.findall("^written: (.+)$", done.out, re.MULTILINE)) == ALL
    assert done.out.endswith("\nSentry is as declared.\n")
    writes = len(empty.writes)
    for command in ("apply", "plan", "check"):
        empty.requests.clear()
        again = live(command)
        assert (again.code, again.error) == (0, "")
        assert again.out == (
            "Sentry, organization acme:\n"
            "0 to create, 0 to change, 25 unchanged, 0 not declared here\n"
        )
        assert empty.writes == []
        assert len(empty.requests) == 12
    assert writes == len(ALL)


def test_sentry_gets_what_the_files_say(equal: Organization) -> None:
    assert {slug: each["platform"] for slug, each in equal.projects.items()} == {
        "luma-store-storefront": "javascript-nextjs",
        "luma-store-api": "python-fastapi",
    }
    monitors = {each["name"]: each for each in equal.monitors if each["type"] != "error"}
    errors = monitors["luma-store-api-errors"]
    query = errors["dataSources"][0]["queryObj"]["snubaQuery"]
    assert (query["aggregate"], query["timeWindow"]) == ("failure_rate()", 600)
    assert errors["conditionGroup"]["conditions"][0]["comparison"] == 0.05
    runbook = "https://github.com/lamps/shop/blob/main/monitoring/runbooks/api-errors.md"
    assert errors["description"].endswith(runbook)
    assert monitors["luma-store-store-down"]["config"]["downtimeThreshold"] == 3
    [member] = equal.members
    for alert in equal.alerts:
        [[action]] = [part["actions"] for part in alert["actionFilters"]]
        assert action["config"]["targetIdentifier"] == member["user"]["id"]
    assert len(equal.alerts) == 7


def test_an_objective_is_watched_as_its_file_says(
    equal: Organization, live: Live, store: Path, tmp_path: Path
) -> None:
    declared = yaml.safe_load((store / "monitoring/slo.yml").read_text())
    budget = 1 - declared["objectives"]["api-available"]["target"]
    for rate, name in zip(declared["burn_rates"], BURN_RATES, strict=False):
        monitor = only(equal.monitors, name)
        query = query_of(equal, name)["snubaQuery"]
        assert query["timeWindow"] == int(rate["long"].removesuffix("h")) * 3600
        # What the client got wrong uses up no budget, as the runbook says.
        assert query["query"].startswith("is_transaction:true !span.status:[already_exists, ")
        [failing, solved] = monitor["conditionGroup"]["conditions"]
        assert failing["comparison"] == pytest.approx(rate["factor"] * budget)
        assert (failing["conditionResult"], solved["conditionResult"]) == (75, 0)
        assert monitor["description"].endswith("/monitoring/runbooks/api-errors.md")
    changed = shutil.copytree(store, tmp_path / "store")
    text = (changed / "monitoring/slo.yml").read_text()
    (changed / "monitoring/slo.yml").write_text(text.replace("target: 0.999", "target: 0.99"))
    done = live("check", store=changed)
    assert "  conditions: gt 0.0144 75, lte 0.0144 0 -> gt 0.144 75, lte 0.144 0\n" in done.out
    assert "  (declared in monitoring/slo.yml:5)\n" in done.out
    (changed / "monitoring/slo.yml").write_text(text.replace("    part: api\n", ""))
    left = re.findall("left alone: monitor luma-store-(.+)", live("check", store=changed).out)
    assert left == [*BURN_RATES]


def test_own_alerts_and_a_team_as_the_one_to_notify(
    empty: Organization, live: Live, store: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(store, tmp_path / "own")
    example = (own / "monitoring/own.yml").read_text()
    (own / "monitoring/own.yml").write_text(example.replace("\n#", "\n"))
    alerts = (own / "monitoring/alerts.yml").read_text()
    (own / "monitoring/alerts.yml").write_text(alerts.replace(f'"{NOTIFIED}"', "on-call"))
    waiting = live("apply", "--yes", store=own)
    assert waiting.code == 3
    assert "waiting for you: Create the team on-call: https://acme.sentry.io/" in waiting.out
    empty.teams.append({**empty.teams[0], "slug": "on-call", "name": "On call", "id": "9"})
    assert live("apply", "--yes", store=own).code == 0
    assert {alert["name"] for alert in empty.alerts} >= {"luma-store-checkout-slow"}
    [config] = {str(alert["actionFilters"][0]["actions"][0]["config"]) for alert in empty.alerts}
    assert config == str({"targetType": "team", "targetIdentifier": "9"})


def test_a_persons_steps_are_shown_and_seen_to_be_done(empty: Organization, live: Live) -> None:
    empty.members.clear()
    first = live("apply", "--yes")
    assert first.code == 3
    written = set(re.findall("^written: (.+)$", first.out, re.MULTILINE))
    assert written == ALL - ALERTS
    assert f"waiting for you: Invite {NOTIFIED} to the organization" in first.out
    assert "Run this again when it is done" in first.out

    empty.add_member(NOTIFIED, pending=True)
    assert live("apply", "--yes").code == 3

    empty.members.clear()
    empty.add_member(NOTIFIED)
    assert live("apply", "--yes").code == 0


def test_the_address_and_the_key_can_be_a_persons_steps(
    equal: Organization, live: Live, generate: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    equal.keys[PROJECTS[1]][0]["isActive"] = False
    done = live("apply", "--yes")
    assert done.code == 3
    assert f"https://acme.sentry.io/settings/projects/{PROJECTS[1]}/keys/" in done.out
    equal.keys[PROJECTS[1]][0]["isActive"] = True
    unnamed = generate(**{**ANSWERS, "domain": ""})
    assert "set NEXT_PUBLIC_SITE_URL to it here" in live("check", store=unnamed).out
    monkeypatch.setenv("NEXT_PUBLIC_SITE_URL", "https://shop.example.com/")
    assert live("check", store=unnamed).code == 0


@pytest.mark.parametrize("number", range(1, 21))
def test_killed_after_each_write_before_its_answer_and_run_again(
    empty: Organization, whole: Any, store: Path, live: Live, number: int
) -> None:
    kill_before_the_answer(number, empty, "sentry", store, environment(empty))
    assert len(empty.writes) == number
    assert live("apply", "--yes").code == 0
    assert len(empty.writes) == len(ALL)
    assert empty.holds() == whole


def first_attempts(fault: Fault) -> Callable[[str, str], Fault | None]:
    """Return what goes wrong with each write's first attempt."""
    attempts = Counter[str]()

    def misbehave(method: str, path: str) -> Fault | None:
        attempts[f"{method} {path}"] += 1
        # A second attempt has the same path, but so has the first of the next thing of its kind.
        is_second = not fault.applied and attempts[f"{method} {path}"] % 2 == 0
        return None if method == "GET" or is_second else fault

    return misbehave


@pytest.mark.parametrize(
    "fault",
    [Fault(), Fault(applied=True), Fault(500), Fault(502, applied=True)],
    ids=["lost on the way", "answer lost", "an error", "an error after it was carried out"],
)
def test_no_write_is_done_twice_when_its_answer_is_lost(
    empty: Organization, whole: Any, live: Live, fault: Fault
) -> None:
    empty.fault = first_attempts(fault)
    done = live("apply", "--yes")
    assert (done.code, done.error) == (0, "")
    assert empty.holds() == whole
    assert len(empty.writes) == len(ALL) * (1 if fault.applied else 2)


def test_a_vendor_that_answers_no_write_is_told(empty: Organization, live: Live) -> None:
    empty.fault = lambda method, _: None if method == "GET" else Fault(503)
    done = live("apply", "--yes")
    assert done.code == 1
    assert done.error.startswith("Sentry has an error of its own (503) at POST")
    assert "Written: nothing. Not confirmed: team luma-store. Not begun: project" in done.error
    assert len(empty.writes) == 3


def limited(times: int, *headers: tuple[str, str]) -> Callable[[str, str], Fault | None]:
    left = [Fault(429, headers)] * times
    return lambda *_: left.pop() if left else None


def test_a_limit_is_waited_for_as_long_as_sentry_says(
    empty: Organization, live: Live, pauses: list[float]
) -> None:
    empty.fault = limited(1, ("X-Sentry-Rate-Limit-Reset", str(int(time.time()) + 20)))
    done = live("plan")
    assert done.code == 2
    assert "Sentry's limit of requests is reached: trying again in" in done.out
    assert 19 <= pauses.pop() <= 22
    empty.fault = limited(1, ("Retry-After", "7"))
    assert live("plan").code == 2
    assert pauses == [7]


def test_without_a_time_the_pauses_get_longer(
    empty: Organization, live: Live, pauses: list[float]
) -> None:
    empty.fault = limited(3)
    assert live("plan").code == 2
    assert pauses == [1, 2, 4]
    empty.fault = limited(9, ("Retry-After", "3600"))
    done = live("plan")
    assert re.match(
        r"Sentry's limit of requests is reached: run this again after \d\d:\d\d UTC", done.error
    )
    assert len(pauses) == 3


def test_a_limit_in_the_middle_of_writing_stops_nothing(
    empty: Organization, live: Live, pauses: list[float]
) -> None:
    seen: list[str] = []

    def fault(method: str, path: str) -> Fault | None:
        seen.append(path)
        return Fault(429) if method != "GET" and seen.count(path) % 2 else None

    empty.fault = fault
    assert live("apply", "--yes").code == 0
    assert live("check").code == 0
    assert pauses


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault(500), "Sentry has an error of its own (500): run this again after"),
        (Fault(seconds=0.3), "Sentry gave no answer to GET /api/0/organizations/acme/: run this"),
    ],
    ids=["errors", "time-outs"],
)
def test_a_sentry_that_is_down_is_told(
    empty: Organization, live: Live, fault: Fault, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(transport, "BACK_OFF_SECONDS", 0.01)
    empty.fault = lambda *_: fault
    done = live("apply", "--yes")
    assert done.code == 1
    assert done.error.startswith(sentence)
    assert len(empty.requests) == 4
    answers = [None, Fault(500), None, Fault(500)]
    empty.fault = lambda *_: answers.pop() if answers else None
    assert live("plan").code == 2


def test_a_name_that_nobody_can_see_is_told(empty: Organization, live: Live) -> None:
    empty.fault = lambda method, path: Fault(409) if (method, path[-9:]) == TAKEN else None
    done = live("apply", "--yes")
    assert done.code == 1
    assert done.error.startswith("Sentry says that it exists already, but shows it to nobody")
    assert "Written: team luma-store. Not confirmed: project luma-store-storefront." in done.error


def test_what_a_person_interrupts_goes_on(
    empty: Organization, whole: Any, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = Account.send

    def interrupted(self: Any, *arguments: Any, **options: Any) -> None:
        if len(empty.writes) == 3:
            raise KeyboardInterrupt
        send(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Account, "send", interrupted)
        done = live("apply", "--yes")
    assert done.code == 1
    assert done.error.startswith("Interrupted. Written: team luma-store, project luma-store-sto")
    assert live("apply", "--yes").code == 0
    assert empty.holds() == whole


def test_every_page_of_a_listing_is_read(equal: Organization, live: Live) -> None:
    equal.page_size = 1
    assert live("check").code == 0
    assert sum("detectors" in path for _, path in equal.requests) == len(equal.monitors)


def twice(name: str) -> Callable[[Organization], Any]:
    def add(organization: Organization) -> None:
        held = getattr(organization, name)
        held.append({**held[-1], "id": "7777"})

    return add


REFUSED: dict[str, tuple[Callable[[Organization], Any], str]] = {
    "two monitors": (twice("monitors"), "There are 2 of the monitor luma-store-api-available-6h"),
    "two alerts": (twice("alerts"), "There are 2 of the alert luma-store-api-available-6h"),
    "a monitor of another type": (
        lambda it: it.monitors[-1].update(type="uptime_domain_failure"),
        "The monitor luma-store-api-available-6h is of type uptime_domain_failure: rename or dele",
    ),
    "no permission": (
        lambda it: it.scopes.remove("member:read"),
        "The token in SENTRY_LIVE_TOKEN may not GET /api/0/organizations/acme/members/",
    ),
    "somebody else's project": (
        lambda it: it.projects[PROJECTS[1]].update(platform="ruby", teams=[]),
        "The project luma-store-api is there already, for ruby and without the team luma-store.",
    ),
    "the other region": (
        lambda it: setattr(it, "region", "https://us.sentry.io"),
        "The organization acme stores its data at https://us.sentry.io, but this store declares",
    ),
    "renamed": (
        lambda it: setattr(it, "fault", lambda _, path: Fault(302) if "-api/" in path else None),
        "Sentry has moved /api/0/projects/acme/luma-store-api/: somebody renamed it.",
    ),
}


@pytest.mark.parametrize(("change", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_must_not_be_touched_is_refused_before_any_write(
    equal: Organization, live: Live, change: Callable[[Organization], Any], sentence: str
) -> None:
    equal.alerts[0]["enabled"] = False  # something to write
    change(equal)
    done = live("apply", "--yes")
    assert (done.code, equal.writes) == (1, [])
    assert done.error.startswith(sentence)


WRONG_SETTINGS: dict[str, tuple[str, str, str]] = {
    "a revoked token": ("SENTRY_LIVE_TOKEN", "other", "Sentry does not accept the token in SENTRY"),
    "no token": ("SENTRY_LIVE_TOKEN", "", "SENTRY_LIVE_TOKEN is not set: In Sentry, Settings"),
    "a pasted line": ("SENTRY_LIVE_TOKEN", f"{TOKEN}\u201d", "SENTRY_LIVE_TOKEN holds no secret"),
    "two tokens": ("SENTRY_LIVE_TOKEN", f"{TOKEN} {TOKEN}", "SENTRY_LIVE_TOKEN holds no secret"),
    "an address": ("SENTRY_ORG", "https://acme.sentry.io", "Set SENTRY_ORG to the organization's"),
    "a strange host": ("SENTRY_BASE_URL", "https://sentry.example.com", "SENTRY_BASE_URL may only"),
    "a disguise": ("SENTRY_BASE_URL", "http://127.0.0.1@example.com", "SENTRY_BASE_URL may only"),
    "nobody there": ("SENTRY_BASE_URL", "http://127.0.0.1:9", "Sentry cannot be reached at 127."),
}


@pytest.mark.parametrize("setting", WRONG_SETTINGS.values(), ids=WRONG_SETTINGS)
def test_settings_that_cannot_work_are_told(
    empty: Organization,
    live: Live,
    pauses: list[float],
    setting: tuple[str, str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, value, sentence = setting
    monkeypatch.setenv(name, value)
    done = live("apply", "--yes")
    assert (done.code, done.out.count("written"), empty.writes) == (1, 0, [])
    assert done.error.startswith(sentence)
    assert len(pauses) <= 3


def test_an_organization_that_the_token_does_not_see_is_told(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_ORG", "other")
    done = live("plan")
    assert done.error.startswith("https://de.sentry.io has no organization other that the token")


def test_the_only_organization_of_a_token_need_not_be_named(
    empty: Organization, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENTRY_ORG")
    assert live("plan").out.startswith("Sentry, organization acme:\n")
    for slugs, seen in ((["acme", "brass"], "acme, brass"), ([], "none")):
        empty.slugs = slugs
        done = live("plan")
        assert done.error.startswith("Set SENTRY_ORG to the organization that the store belongs")
        assert done.error.endswith(f"sees: {seen}.")


EDITS: dict[str, tuple[str, str, str]] = {
    "a limit of requests": (
        "minutes: 10",
        "minutes: 10\n    requests_min: 9",
        "has a requests_min",
    ),
    "no project": (
        "luma-store-api\n    measure: fail",
        "other\n    measure: fail",
        "project other",
    ),
    "an interval": ("interval_seconds: 60", "interval_seconds: 61", "interval_seconds 61 is not"),
    "a kind": ("kind: issue", "kind: sum", "kind sum is not one of uptime, metric, issue"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_alert_that_sentry_cannot_hold_is_refused(
    empty: Organization, live: Live, store: Path, tmp_path: Path, edit: tuple[str, str, str]
) -> None:
    old, new, sentence = edit
    changed = shutil.copytree(store, tmp_path / "store")
    file = changed / "monitoring/alerts.yml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    done = live("apply", "--yes", store=changed)
    assert (done.code, empty.requests) == (1, [])
    assert "monitoring/alerts.yml: " in done.error
    assert sentence in done.error


def test_the_questions_examples_are_refused(live: Live, generate: Generate) -> None:
    done = live("plan", store=generate())
    assert "my-organisation/luma-store is an example; before the store goes live" in done.error


def test_a_change_between_plan_and_write_is_not_overwritten(
    equal: Organization, live: Live
) -> None:
    first, second = equal.alerts[:2]
    first["enabled"] = second["enabled"] = False

    def interfere(method: str, path: str) -> None:
        if method == "PUT" and f"/{first['id']}/" in path:
            second["config"] = {"frequency": 60}

    equal.answering = interfere
    done = live("apply", "--yes")
    assert done.code == 1
    assert done.error.startswith("Somebody changed the alert luma-store-api-down after the plan")
    assert "Written: alert luma-store-store-down." in done.error
    assert second["config"] == {"frequency": 60}
    assert live("apply", "--yes").code == 0


def test_what_somebody_else_has_done_meanwhile_is_not_done_again(
    equal: Organization, live: Live
) -> None:
    first, second = equal.alerts[:2]
    first["enabled"] = second["enabled"] = False
    equal.answering = lambda method, _: second.update(enabled=True) if method == "PUT" else None
    done = live("apply", "--yes")
    assert done.code == 0
    assert "already there: alert luma-store-api-down\n" in done.out
    assert len(equal.writes) == 1


def test_a_team_may_be_called_something_else(equal: Organization, live: Live) -> None:
    equal.teams[0]["name"] = "Lamps"
    for each in equal.monitors:
        if each["owner"]:
            each["owner"]["name"] = "Lamps"
    assert live("check").code == 0


def only(held: list[dict[str, Any]], name: str) -> dict[str, Any]:
    [each] = [each for each in held if each["name"] == f"luma-store-{name}"]
    return each


def query_of(it: Organization, name: str) -> dict[str, Any]:
    queried: dict[str, Any] = only(it.monitors, name)["dataSources"][0]["queryObj"]
    return queried


DRIFT: dict[str, tuple[Callable[[Organization], Any], str]] = {
    "a platform": (
        lambda it: it.projects[PROJECTS[1]].update(platform="python"),
        "change project luma-store-api\n  platform: python -> python-fastapi\n",
    ),
    "a team without access": (
        lambda it: it.projects[PROJECTS[1]].update(teams=[]),
        "change project luma-store-api\n  team: unset -> luma-store\n",
    ),
    "a setting": (
        lambda it: it.projects[PROJECTS[0]].update(scrubIPAddresses=False),
        "change settings of luma-store-storefront\n  scrubIPAddresses: off -> on\n",
    ),
    "a filter": (
        lambda it: it.filters[PROJECTS[0]].update(localhost=False),
        "change filter localhost of luma-store-storefront\n  active: off -> on\n",
    ),
    "an address": (
        lambda it: query_of(it, "api-down").update(url="https://example.com/"),
        "change monitor luma-store-api-down\n  url: https://example.com/ -> https://shop.example",
    ),
    "an owner": (
        lambda it: only(it.monitors, "api-slow").update(owner=None),
        "change monitor luma-store-api-slow\n  owner: unset -> luma-store\n",
    ),
    "a switched off monitor": (
        lambda it: only(it.monitors, "api-slow").update(enabled=False),
        "change monitor luma-store-api-slow\n  enabled: off -> on\n",
    ),
    "a measure": (
        lambda it: query_of(it, "api-slow")["snubaQuery"].update(aggregate="p50(span.duration)"),
        "change monitor luma-store-api-slow\n  aggregate: p50(span.duration) -> p95(span.dura",
    ),
    "a limit": (
        lambda it: only(it.monitors, "api-errors")["conditionGroup"]["conditions"][0].update(
            comparison=0.5
        ),
        "  conditions: gt 0.5 75, lte 0.05 0 -> gt 0.05 75, lte 0.05 0\n",
    ),
    "a deleted monitor": (
        lambda it: it.monitors.remove(only(it.monitors, "api-slow")),
        "create monitor luma-store-api-slow\n",
    ),
    "another receiver": (
        lambda it: only(it.alerts, "api-down")["actionFilters"][0]["actions"][0].update(
            config={"targetType": "issue_owners"}
        ),
        "change alert luma-store-api-down\n  notifies: email issue_owners -> ida@",
    ),
    "a condition": (
        lambda it: only(it.alerts, "api-down")["actionFilters"][0]["conditions"].append(
            {"type": "level", "comparison": {"level": 50, "match": "eq"}, "conditionResult": True}
        ),
        "change alert luma-store-api-down\n  only if: level -> unset\n",
    ),
    "another monitor": (
        lambda it: only(it.alerts, "api-down").update(detectorIds=[]),
        "change alert luma-store-api-down\n  monitors: unset -> luma-store-api-down\n",
    ),
    "a deleted alert": (
        lambda it: it.alerts.remove(only(it.alerts, "api-down")),
        "create alert luma-store-api-down\n",
    ),
}


@pytest.mark.parametrize(("drift", "shown"), DRIFT.values(), ids=DRIFT)
def test_drift_is_found_without_a_write_and_repaired(
    equal: Organization, whole: Any, live: Live, drift: Callable[[Organization], Any], shown: str
) -> None:
    drift(equal)
    assert equal.holds() != whole
    done = live("check")
    assert done.code == 2
    assert shown in done.out
    assert equal.writes == []
    assert live("apply", "--yes").code == 0
    assert equal.holds() == whole


def test_what_is_not_declared_is_shown_and_left_alone(
    equal: Organization, whole: Any, live: Live
) -> None:
    project = equal.projects[PROJECTS[0]]["id"]
    theirs = equal.add_monitor({"type": "metric_issue", "name": "by hand", "projectId": project})
    equal.alerts.append({**equal.alerts[0], "id": "9", "name": "mail", "detectorIds": ["101"]})
    equal.alerts.append(
        {**equal.alerts[0], "id": "8", "name": "to me", "detectorIds": [theirs["id"]]}
    )
    equal.alerts[-3]["enabled"] = False
    before = equal.holds()
    done = live("apply", "--yes")
    assert done.code == 0
    for name in ("monitor by hand", "alert to me"):
        assert f"not declared here, left alone: {name}\n" in done.out
    assert "alert mail" not in done.out
    after = equal.holds()
    assert len(after["alerts"]) == len(before["alerts"]) == len(whole["alerts"]) + 2


def test_a_value_that_sentry_takes_and_does_not_keep_is_told(
    empty: Organization, live: Live
) -> None:
    empty.forgotten.add("scrubIPAddresses")
    done = live("apply", "--yes")
    assert done.code == 2
    assert "Sentry accepted the values, but returns others:\nchange settings of" in done.out


def test_a_refusal_is_shown_in_words_and_without_the_token(
    empty: Organization, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = b'{"slug": ["Is taken by 0f1e-of-the-stand-in."], "nonFieldErrors": [{"a": "No."}]}'
    monkeypatch.setattr("support.api_stand_in.FAULT", problem)
    empty.fault = lambda method, _: None if method == "GET" else Fault(400)
    done = live("apply", "--yes")
    sent = "POST /api/0/organizations/acme/teams/"
    assert done.error.startswith(f"Sentry refused {sent}: slug: Is taken by ***.; a: No. Written:")


def test_nothing_is_written_without_a_yes(empty: Organization, live: Live) -> None:
    assert "say --yes where there is no terminal" in live("apply").error
    assert empty.writes == []


def test_what_only_reads_sends_nothing_that_writes(empty: Organization) -> None:
    reading = transport.Transport(API, empty.address, TOKEN, read_only=True)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        with pytest.raises(LumaError, match="This only reads"):
            reading.send(method, "/api/0/organizations/acme/teams/", {})
    assert empty.requests == []


def test_an_unknown_vendor_is_told_with_exit_code_1(store: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main(["plan", "--only", "sentry,heroku", "--store", str(store)])
    assert ended.value.code == 1


def test_a_person_types_the_token_unseen_and_says_yes(
    empty: Organization, store: Path, tmp_path: Path
) -> None:
    seen = tmp_path / "terminal"
    typed = environment(empty) | {"SENTRY_LIVE_TOKEN": "", "TERM": "xterm"}
    command = ["apply", *ONLY, "--store", str(store)]
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    asked = "TOKEN \\(not shown\\)"
    code, arguments = at_a_terminal(command, typed, seen, (asked, TOKEN))
    assert code == 0
    assert TOKEN.encode() not in seen.read_bytes() + arguments
    assert {path: path.read_bytes() for path in store.rglob("*") if path.is_file()} == before


BROKEN: dict[str, tuple[str, Callable[..., tuple[str, str, Any]]]] = {
    "a method": ("POST", lambda _, path, body: ("PATCH", path, body)),
    "a path": ("detectors", lambda method, path, body: (method, path.rstrip("/"), body)),
    "an old path": (
        "detectors", lambda method, path, body: (method, path.replace("detectors", "rules"), body)
    ),
    **{
        f"the field {name}": (
            "", lambda method, path, body, name=name: (method, path, renamed(body, name))
        )
        for name in (
            "default_rules", "platform", "dataScrubber", "active", "dataSources", "timeWindow",
            "intervalSeconds", "conditionResult", "detectorIds", "targetType", "description",
        )
    },
}  # fmt: skip


def renamed(body: Any, name: str) -> Any:
    if isinstance(body, dict):
        return {
            f"{each}X" if each == name else each: renamed(inner, name)
            for each, inner in body.items()
        }
    return [renamed(inner, name) for inner in body] if isinstance(body, list) else body


@pytest.mark.parametrize(("where", "change"), BROKEN.values(), ids=BROKEN)
def test_a_wrong_call_turns_red_through_the_description(
    empty: Organization,
    live: Live,
    where: str,
    change: Callable[..., tuple[str, str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send = Account.send

    def broken(self: Any, method: str, path: str, body: Any = None, **options: Any) -> None:
        if where in f"{method} {path}":
            method, path, body = change(method, path, body)
        send(self, method, path, body, **options)

    monkeypatch.setattr(Account, "send", broken)
    done = live("apply", "--yes")
    assert done.code == 1
    assert len(empty.wrong) == 1
    empty.wrong.clear()
