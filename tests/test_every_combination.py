"""Whatever a person answers, every vendor accepts what comes out."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from copier.errors import UserMessageError
from decisions import resolve
from decisions.catalog import load_yaml
from support.checkout import Generate
from support.combinations import CATALOG, DEFAULTS, REFUSED, Answers, every_allowed_answer, name_of
from support.copier_cli import content
from support.vendor_schemas import blueprint_errors, load_schema, vercel_errors
from tools.checks.__main__ import ROOMS
from tools.repository import Repository

JINJA_LEFTOVER = re.compile(r"(?<!\$)\{\{|\{%|%\}|\{#|#\}")
TRAILING_SPACES = re.compile(r"[ \t]$", re.MULTILINE)
RECORDER = re.compile(r"log.?rocket|logr-|lr-in|lgrckt|lrkt|lr-intake|intake-lr", re.IGNORECASE)
DOUBLE_BRACE_IS_SYNTAX = {".tsx", ".ts", ".html"}
RESOLVED_BY_OTHERS = {"package-lock.json"}
STARTER = ("api/", "storefront/")


def read_yaml(path: Path) -> Any:
    return load_yaml(path.read_bytes())


def text_files(store: Path) -> list[Path]:
    files = (path for path in store.rglob("*") if path.is_file())
    texts = (path for path in files if path.suffix != ".webp")
    return sorted(path for path in texts if path.name not in RESOLVED_BY_OTHERS)


@every_allowed_answer
def test_production_rules_hold(generate: Generate, answers: Answers) -> None:
    repository = Repository(generate(**answers))
    findings = [
        finding for rules in ROOMS.values() for rule in rules for finding in rule(repository)
    ]
    assert [str(finding) for finding in findings if not finding.by_hand] == []
    left = [*resolve(CATALOG, repository.answers).examples_left]
    left += ["in brackets"] if answers["include_starter"] else []
    assert [finding.where for finding in findings] == left


@every_allowed_answer
def test_vendors_schemas_accept_the_files(generate: Generate, answers: Answers) -> None:
    store = generate(**answers)
    render, vercel = load_schema("render.schema.json"), load_schema("vercel.schema.json")
    errors = [*blueprint_errors(render, read_yaml(store / "render/render.yaml"))]
    errors += vercel_errors(vercel, json.loads((store / "vercel/vercel.json").read_text()))
    assert errors == []


@every_allowed_answer
def test_every_file_parses_and_nothing_of_jinja_is_left(
    generate: Generate, answers: Answers
) -> None:
    for path in text_files(generate(**answers)):
        assert flaws(path.suffix, path.read_text(encoding="utf-8")) == [], path


@cache
def flaws(suffix: str, text: str) -> list[str]:
    """Return what is wrong with a file's text; most files are the same whatever is answered."""
    if suffix in {".yml", ".yaml"}:
        load_yaml(text)
    elif suffix == ".json":
        json.loads(text)
    elif suffix == ".toml":
        tomllib.loads(text)
    found = {
        "something of Jinja is left": suffix not in DOUBLE_BRACE_IS_SYNTAX
        and JINJA_LEFTOVER.search(text),
        "it does not end with a newline": text and not text.endswith("\n"),
        "it has trailing spaces": TRAILING_SPACES.search(text),
        "it has leftover blank lines": "\n\n\n" in text and suffix not in {".py", ".mako"},
    }
    return [flaw for flaw, is_there in found.items() if is_there]


@cache
def names_the_recorder(text: str) -> bool:
    return bool(RECORDER.search(text))


@every_allowed_answer
def test_an_option_that_is_off_leaves_no_trace(generate: Generate, answers: Answers) -> None:
    store = generate(**answers)
    if not answers["enable_logrocket"]:
        named = [path.name for path in text_files(store) if names_the_recorder(path.read_text())]
        assert named == [".copier-answers.yml"]
        assert not (store / "monitoring/replay").exists()
    if not answers.get("include_starter", True):
        assert not (store / "api").exists()
        assert [path.name for path in (store / "storefront").iterdir()] == ["vercel.ts"]


@every_allowed_answer
def test_everything_runs_in_one_place(generate: Generate, answers: Answers) -> None:
    store = generate(**answers)
    region = CATALOG.regions[answers.get("region", "frankfurt")]
    resources = [
        item
        for kind in ("services", "databases")
        for item in read_yaml(store / "render/render.yaml")["projects"][0]["environments"][0][kind]
    ]
    assert {item["region"] for item in resources} == {region.id}
    vercel = (store / "vercel/vercel.json").read_text()
    assert json.loads(vercel)["regions"] == [region.vercel]
    other = {"us": "ingest.de.sentry.io", "de": "ingest.us.sentry.io"}[region.sentry]
    assert CATALOG.sentry_of(region).ingest in vercel
    assert not [path for path in text_files(store) if other in path.read_text()]


@every_allowed_answer
def test_the_bill_can_be_recomputed_from_the_files(generate: Generate, answers: Answers) -> None:
    store = generate(**answers)
    environment = read_yaml(store / "render/render.yaml")["projects"][0]["environments"][0]
    api, key_value = environment["services"]
    [database] = environment["databases"]
    instances = api.get("scaling", {}).get("minInstances", api.get("numInstances"))
    standby = database.get("highAvailability", {}).get("enabled", False)
    copies = 2 if standby else 1
    paid_workspace = "scaling" in api or standby
    expected = {
        "Storefront": monthly("vercel_plan", read_yaml(store / "vercel/project.yml")),
        "Workspace": 25 if paid_workspace else 0,
        "API": CATALOG.plans["api_plan"][api["plan"]].monthly * instances,
        "PostgreSQL": CATALOG.plans["postgres_plan"][database["plan"]].monthly * copies,
        "Key Value": CATALOG.plans["key_value_plan"][key_value["plan"]].monthly,
        "Images": monthly("cloudinary_plan", read_yaml(store / "storage/cloudinary.yml")),
        "Errors and traces": monthly("sentry_plan", read_yaml(store / "monitoring/sentry.yml")),
    }
    if database["plan"] != "free":
        expected["PostgreSQL storage"] = 0.30 * database["diskSizeGB"] * copies
    if answers["enable_logrocket"]:
        replay = json.loads((store / "monitoring/replay/settings.json").read_text())
        expected["Session replay"] = monthly("logrocket_plan", replay)
    checks = read_yaml(store / "monitoring/alerts.yml")["alerts"].values()
    if sum(alert["kind"] == "uptime" for alert in checks) > 1:
        expected["Second uptime check"] = 1
    printed = printed_bill(store)
    total = printed.pop("**Total**")
    assert printed == pytest.approx(expected)
    assert total == pytest.approx(sum(expected.values()))


def monthly(question: str, declared: dict[str, Any]) -> float:
    return CATALOG.plans[question][declared["plan"]].monthly


def printed_bill(store: Path) -> dict[str, float]:
    rows = re.findall(
        r"^\|[^|]*\| (.+?) \|[^|]*\|[^|]*\| \**\$([\d,.]+)",
        (store / "README.md").read_text(),
        re.MULTILINE,
    )
    return {
        what.removesuffix(" and its standby"): float(sum_.replace(",", "")) for what, sum_ in rows
    }


def test_the_readme_says_where_no_vendor_guarantees_the_place(generate: Generate) -> None:
    readme = (generate(enable_logrocket=True) / "README.md").read_text()
    table = readme.partition("## Where the data lies")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \| ([^|]+) \|", table, re.MULTILINE)[1:]
    guaranteed = {vendor: kept == "yes" for _, vendor, kept in rows if "--" not in vendor}
    assert guaranteed == {
        "Render PostgreSQL": True,
        "Render Key Value": True,
        "Vercel Functions": True,
        "Vercel CDN": False,
        "Cloudinary": False,
        "Stripe": False,
        "Sentry": True,
        "LogRocket": False,
    }
    assert not any("customer" in data.lower() for data, *_ in rows), "no table holds customers"


def test_no_plan_changes_the_starter(generate: Generate) -> None:
    """So that a single plan is tried without the starter."""
    smallest, *others = [
        {
            path: data
            for path, data in content(generate(tier=tier)).items()
            if path.startswith(STARTER)
        }
        for tier in CATALOG.tiers
    ]
    assert {"api/app/main.py", "storefront/package.json"} <= smallest.keys()
    assert all(starter == smallest for starter in others)


def test_exactly_the_plans_that_cannot_work_are_refused() -> None:
    refused = {(a["tier"], q, a[q]) for a in REFUSED for q in CATALOG.plans if q in a}
    for_selling = {"vercel_plan": "hobby", "api_plan": "free", "postgres_plan": "free"}
    for_selling["key_value_plan"] = "free"
    expected = {
        (tier, question, plan)
        for tier in ("launch", "growth", "scale")
        for question, plan in for_selling.items()
    }
    expected |= {("scale", "postgres_plan", plan) for plan in ("0.1c-256mb", "0.5c-1g")}
    expected.add(("growth", "api_plan", "8c-32g"))  # 64 processes share 90 connections
    assert refused == expected


@pytest.mark.parametrize("answers", REFUSED, ids=name_of)
def test_a_plan_that_cannot_work_is_refused_with_the_reason(
    generate: Generate, answers: Answers
) -> None:
    with pytest.raises(UserMessageError, match=r"(choose|Choose) .*\.$"):
        generate(**answers)


def test_a_price_that_is_not_certain_is_marked_in_the_bill(generate: Generate) -> None:
    for answers in ({"tier": "demo"}, {"tier": "growth"}):
        certain = resolve(CATALOG, {**DEFAULTS, **answers}).cost.certain
        readme = (generate(**answers) / "README.md").read_text()
        assert (r"\*" in readme.partition("## What it costs")[2].partition("##")[0]) != certain
