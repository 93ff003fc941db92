"""All vendors are one plan: what one of them has reaches the others by itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import cloudinary_stand_in
from support import render_api_stand_in as render_stand_in
from support import sentry_api_stand_in as sentry_stand_in
from support import vercel_api_stand_in as vercel_stand_in
from support.api_stand_in import Fault
from support.checkout import Generate, git
from support.copier_cli import copier
from support.github import Side
from support.later import store_of
from support.live import ANSWERS, Done, Live, run_here
from support.replay import replaying
from support.vendors import Vendors, all_vendors
from tools.repository import Repository

from luma.fleet import commands as fleet
from luma.live import commands, engine, github
from luma.live.places import place
from luma.live.record import SOMEBODY

API = "luma-store-api"
ONLY = "cloudinary,sentry,render,vercel"
"""Without GitHub, which is asked by git and gh."""
SECRETS = {
    "VERCEL_TOKEN": vercel_stand_in.TOKEN,
    "SENTRY_LIVE_TOKEN": sentry_stand_in.TOKEN,
    "RENDER_API_KEY": render_stand_in.TOKEN,
    "SENTRY_AUTH_TOKEN": "sntrys_a-long-token",
    "CLOUDINARY_URL": cloudinary_stand_in.SECRET,
}
READ_AGAIN = ("/teams/", "/blueprints", "/v9/projects/luma-store")
"""What is read of each vendor first, once it is known whose account it is."""
CALLS = {"sentry": 12, "render": 9, "vercel": 6, "cloudinary": 5}
"""The requests of a plan where everything is there; one of each page of each listing."""
PATIENCE_SECONDS = 30


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendors]:
    """Return vendors that have nothing of the store, and only get right requests."""
    with all_vendors() as vendors:
        for name, value in {
            **vendors.tokens,
            **vendors.addresses,
            "SENTRY_AUTH_TOKEN": SECRETS["SENTRY_AUTH_TOKEN"],
            "SENTRY_ORG": "acme",
            "STOREFRONT_ORIGIN": "https://shop.example.com",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(engine, "SETTLE_SECONDS", 0)
        monkeypatch.setattr("luma.live.account.POLL_SECONDS", 0)
        yield vendors


@pytest.fixture
def store(generate: Generate) -> Path:
    return generate(**ANSWERS)


@pytest.fixture
def live(empty: Vendors, store: Path, capsys: pytest.CaptureFixture[str]) -> Live:
    """Return a function that runs the command where no terminal is, and no store."""
    del empty

    def live(command: str, *options: str) -> Done:
        arguments = [command, "--only", ONLY, *options]
        if "--store" not in options:
            arguments += ["--store", str(store)]
        return run_here(capsys, SECRETS.values(), *arguments)

    return live


def form(vendors: Vendors, store: Path, **values: str) -> dict[str, Any]:
    """Do what a person does in Render's Dashboard."""
    return vendors.render.create((store / "render/render.yaml").read_text(), values)


@pytest.fixture
def equal(empty: Vendors, live: Live, store: Path) -> Vendors:
    """Return vendors that have what the store declares, and no requests recorded."""
    form(empty, store)
    assert live("apply", "--yes").code == 0
    for vendor in empty.judged:
        vendor.requests.clear()
    empty.cloudinary.set(requests=[])
    return empty


def waiting(text: str) -> dict[str, str]:
    """Return what each thing waits for, in what a command printed."""
    return dict(re.findall(r"^create (.+)\n(?:  .*\n)*?  \(waits for (.+)\)$", text, re.M))


def test_one_plan_says_what_follows_by_itself(live: Live) -> None:
    done = live("plan")
    assert done.code == 2
    waits = waiting(done.out)
    assert waits["variable NEXT_PUBLIC_SENTRY_DSN of preview, production"] == "Sentry"
    assert waits["variable API_ORIGIN of production"] == "Render"
    assert waits[f"service {API}"] == "you"
    steps = re.findall("^waiting for you: (.{20})", done.out, re.MULTILINE)
    assert steps == ["Create the Blueprint"]


def test_one_yes_carries_what_one_vendor_has_to_the_others(
    empty: Vendors, live: Live, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(commands, "_confirm", asked.append)
    assert live("apply", "--yes").code == 3
    form(empty, store)
    done = live("apply", "--yes")
    assert (done.code, "waiting for you" in done.out) == (0, False)
    assert asked == [True, True]
    assert live("check").code == 0
    [variables] = empty.render.variables.values()
    [key] = empty.sentry.keys[API]
    assert variables["SENTRY_DSN"] == key["dsn"]["public"]
    assert empty.production["API_ORIGIN"] == f"https://{API}.onrender.com"
    for name in ("REVALIDATE_SECRET", "STOREFRONT_SECRET"):
        assert empty.production[name] == variables[name] != ""


def test_what_was_not_shown_is_asked_for_again(
    empty: Vendors, live: Live, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(commands, "_confirm", asked.append)
    form(empty, store, SENTRY_DSN="https://typed@o1.ingest.de.sentry.io/2", CLOUDINARY_URL="any")
    done = live("apply", "--yes")
    assert done.code == 0
    assert "Render, beyond what was shown:\n" in done.out
    assert asked == [True, True]


def test_all_vendors_are_read_at_the_same_time_and_no_more_than_needed(
    equal: Vendors, live: Live
) -> None:
    together = threading.Barrier(len(equal.judged), timeout=PATIENCE_SECONDS)

    def meet(first: str) -> Any:
        def fault(_method: str, path: str) -> Fault | None:
            if path.endswith(first):
                together.wait()
            return None

        return fault

    for vendor, first in zip(equal.judged, READ_AGAIN, strict=True):
        vendor.fault = meet(first)
    assert live("plan").code == 0
    images = len(equal.cloudinary.set()["requests"])
    calls = [*(len(vendor.requests) for vendor in equal.judged), images]
    assert dict(zip(CALLS, calls, strict=True)) == CALLS


def test_a_vendor_that_refuses_stops_only_what_waits_for_it(
    empty: Vendors, live: Live, store: Path
) -> None:
    form(empty, store)
    empty.sentry.fault = lambda method, _: Fault(400) if method == "POST" else None
    done = live("apply", "--yes")
    assert done.code == 1
    assert done.error.startswith("Sentry refused POST /api/0/organizations/acme/teams/: ")
    assert "Sentry failed, the rest goes on: " in done.out
    assert empty.production["API_ORIGIN"] == f"https://{API}.onrender.com"
    [variables] = empty.render.variables.values()
    assert variables["CLOUDINARY_URL"] == empty.cloudinary.url
    empty.sentry.fault = lambda *_: None
    assert live("apply", "--yes").code == 0
    assert live("check").code == 0


DRIFT = {
    "Sentry": ("filter localhost of luma-store-api", "monitoring/sentry.yml"),
    "Render": (f"service {API}", "render/render.yaml"),
    "Vercel": ("variable NEXT_PUBLIC_CLOUDINARY_CLOUD_NAME of preview, production", "env.yml"),
}


def test_drift_is_named_with_the_line_that_declares_it(
    equal: Vendors, live: Live, store: Path
) -> None:
    equal.sentry.filters[API]["localhost"] = False
    equal.render.one("/services")["serviceDetails"]["plan"] = "0.1c-256mb"
    equal.vercel.variable("luma-store", "NEXT_PUBLIC_CLOUDINARY_CLOUD_NAME")["value"] = "lamp"
    done = live("check", "--json")
    assert done.code == 2
    found = {
        each["vendor"]: (each["differences"][0]["thing"], each["differences"][0]["declared_in"])
        for each in json.loads(done.out)["vendors"]
        if each["differences"]
    }
    for vendor, (thing, file) in DRIFT.items():
        assert found[vendor][0] == thing
        name, _, line = found[vendor][1].partition(":")
        assert name == file
        named = (store / file).read_text().splitlines()[int(line) - 1]
        assert thing.split()[1] in named
    assert [vendor.writes for vendor in equal.judged] == [[], [], []]


def test_what_a_store_declares_itself_is_found_in_its_own_file(store: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(store, tmp_path / "own"))
    alerts = "\nalerts:\n  slow-search:\n    what: The search is slow\n"
    (own / "monitoring/own.yml").write_text(alerts)
    repository = Repository(own)
    assert place(repository, ("monitoring/alerts.yml", "slow-search")) == "monitoring/own.yml:3"
    assert place(repository, ("monitoring/alerts.yml", "gone")) == "monitoring/alerts.yml"


def test_only_what_reads_speaks_json(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        live("apply", "--json")
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("--json is for plan and check, which only read.\n")


def test_what_is_optional_and_not_said_keeps_nothing_waiting(
    equal: Vendors, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENTRY_AUTH_TOKEN")
    kept = equal.vercel.variables["luma-store"]
    kept[:] = [each for each in kept if each["key"] != "SENTRY_AUTH_TOKEN"]
    done = live("check")
    assert done.code == 0
    assert "optional, and not set: variable SENTRY_AUTH_TOKEN of pr" in done.out
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", SECRETS["SENTRY_AUTH_TOKEN"])
    assert live("check").code == 2


@pytest.fixture
def masked(generate: Generate) -> Path:
    """Return the same store, with an address that is in a transcript."""
    return generate(**ANSWERS | {"alert_email": SOMEBODY})


def test_a_run_is_recorded_without_secrets_and_can_be_replayed(
    empty: Vendors, live: Live, masked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form(empty, masked)
    monkeypatch.setenv("NEXT_PUBLIC_CLOUDINARY_CLOUD_NAME", "lamp-store")
    file = tmp_path / "first-run.jsonl"
    vendors = ("--only", "sentry,render,vercel")
    done = live("apply", "--yes", *vendors, "--record", str(file))
    assert done.code == 0
    [variables] = empty.render.variables.values()
    generated = [variables[name] for name in ("REVALIDATE_SECRET", "STOREFRONT_SECRET")]
    text = file.read_text()
    for secret in (*SECRETS.values(), *generated, ANSWERS["alert_email"]):
        assert secret
        assert secret not in text

    with replaying(file) as replayed:
        for name, value in replayed.environment.items():
            monkeypatch.setenv(name, value)
        for vendor, variable in (
            ("Sentry", "SENTRY_BASE_URL"),
            ("Render", "RENDER_BASE_URL"),
            ("Vercel", "VERCEL_BASE_URL"),
        ):
            monkeypatch.setenv(variable, f"{replayed.address}/{vendor}")
        again = live("apply", "--yes", *vendors, "--store", str(masked))
        assert replayed.unknown == []
        assert [each for each in replayed.left.values() if each] == []
    assert again.out == done.out.replace(ANSWERS["alert_email"], SOMEBODY)
    assert again.code == done.code


def test_a_record_never_replaces_a_file(live: Live, tmp_path: Path) -> None:
    file = tmp_path / "first-run.jsonl"
    file.write_text("kept")
    done = live("plan", "--record", str(file))
    assert (done.code, done.out) == (1, "")
    assert done.error == f"--record {file}: File exists. Name a new file."
    assert file.read_text() == "kept"


def test_a_fleet_sees_the_drift_of_a_store(
    equal: Vendors, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = Side(tmp_path).copy(store, tmp_path / "mine")
    git("push", "-q", "origin", "main", cwd=mine)
    equal.render.one("/services")["serviceDetails"]["plan"] = "0.1c-256mb"

    fleet.main(["doctor", str(mine), "--live", "--trust", Repository(mine).answers["_src_path"]])
    column = json.loads(capsys.readouterr().out)["live"]

    things = {each["vendor"]: each["differences"] for each in column["vendors"]}
    [drifted] = things.pop("Render")
    assert (column["code"], drifted["thing"]) == (3, f"service {API}")
    assert {vendor: found for vendor, found in things.items() if found} == {}
    assert [vendor.writes for vendor in equal.judged] == [[], [], []]


ROW = re.compile(r"^\| (GitHub|Cloudinary|Sentry|Vercel|Render) \| (.+) \| (?:`(\w+)`)? ?\|$", re.M)
SEEN_BY_NO_STEP = ["https://github.com/apps/vercel", "render/README.md#past-the-storefront"]
"""Vercel refuses the project without the one; the other is for a person to decide."""
MOST_ACTIONS = 12


def test_the_readme_counts_what_only_a_person_does(
    empty: Vendors, live: Live, generate: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = generate(**ANSWERS | {"domain": ""})
    rows = ROW.findall((store / "README.md").read_text())
    pages = [link for _, page, _ in rows for link in re.findall(r"\((\S+)\)", page)]
    asked = []

    def paste(_vendor: str, variable: str, _hint: str) -> str:
        asked.append(variable)
        return os.environ[variable]

    for module in ("transport", "cloudinary"):
        monkeypatch.setattr(f"luma.live.{module}.ask_secret", paste)
    for name in ("STOREFRONT_ORIGIN", "SENTRY_AUTH_TOKEN", "SENTRY_ORG"):
        monkeypatch.delenv(name)
    [branch] = github.connect(Repository(store), engine.Known(), read_only=False).resources
    push = branch.waits_for()
    assert isinstance(push, engine.Step)
    links = [push.link.partition("?")[0]]
    first = live("apply", "--yes", "--store", str(store))
    links += re.findall(r"^waiting for you: .* (\S+)$", first.out, re.MULTILINE)
    form(empty, store)
    assert live("apply", "--yes", "--store", str(store)).code == 0

    assert sorted(value for *_, value in rows if value) == sorted(set(asked))
    assert set(links) == {link for link in pages if link in links}
    assert [link for link in pages if link in SEEN_BY_NO_STEP] == SEEN_BY_NO_STEP
    tokens = len(set(asked))
    assert len(rows) + tokens == len(links) + len(SEEN_BY_NO_STEP) + 2 * tokens <= MOST_ACTIONS
    told = f"{len(rows) + tokens} actions are yours"
    assert told in (store / "README.md").read_text()


def test_a_store_of_an_early_release_goes_live_after_its_update(
    empty: Vendors, live: Live, history: Path, tmp_path: Path
) -> None:
    old = store_of(history, tmp_path / "store", "v0.3.0")
    given = [f"--data={name}={value}" for name, value in ANSWERS.items()]
    outcome = copier("update", "--trust", "--defaults", *given, cwd=old)
    assert outcome.code == 0, outcome.text
    form(empty, old)

    done = live("apply", "--yes", "--store", str(old))

    assert done.code == 0, done.out + done.error
    # Its storefront has no code that reads the one, but reads the other.
    assert "STOREFRONT_SECRET" not in empty.production
    assert empty.production["REVALIDATE_SECRET"]
    for vendor in empty.judged:
        vendor.requests.clear()
    assert live("apply", "--yes", "--store", str(old)).code == 0
    assert live("check", "--store", str(old)).code == 0
    assert [vendor.writes for vendor in empty.judged] == [[], [], []]
