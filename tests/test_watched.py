"""Alerts, objectives, runbooks, health paths and names of what is watched agree with each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.checkout import Generate
from support.stores import STORES
from tools.checks import blueprint
from tools.repository import Repository

RUNBOOKS = "monitoring/runbooks"
NOT_OF_AN_ALERT = {"move-region-or-rename.md", "rotate-a-secret.md"}
"""What a person begins."""


@pytest.fixture(params=STORES)
def repository(request: pytest.FixtureRequest, generate: Generate) -> Repository:
    return Repository(generate(**STORES[request.param]))


def paths(file: Path, before: str) -> set[str]:
    """Return the paths in quotes on the lines of a file that begin with a text."""
    lines = [line for line in file.read_text().splitlines() if line.startswith(before)]
    return set(re.findall(r'"(/[a-z]+)"', "".join(lines)))


def test_health_paths_are_the_same_everywhere(repository: Repository) -> None:
    served = paths(repository.root / "render/api/health.py", "@router.get")
    assert len(served) == 2
    assert paths(repository.root / "render/api/logs.py", "HEALTH_CHECKS") == served
    assert paths(repository.root / "monitoring/api/__init__.py", "UNTRACED_PATHS") == served
    of_render = {each.get("healthCheckPath") for each in blueprint.services(repository)}
    assert of_render - {None} <= served
    uptime = {
        each["path"] for each in repository.alerts["alerts"].values() if each["kind"] == "uptime"
    }
    assert uptime - {"/"} <= {f"/api{path}" for path in served}


def test_each_runbook_is_of_an_alert_or_begun_by_a_person(repository: Repository) -> None:
    objectives = repository.objectives["objectives"].values()
    watched = [*repository.alerts["alerts"].values(), *objectives]
    named = {each["runbook"] for each in watched if "runbook" in each}
    there = {f"{RUNBOOKS}/{file.name}" for file in (repository.root / RUNBOOKS).iterdir()}
    assert there == named | {f"{RUNBOOKS}/{name}" for name in NOT_OF_AN_ALERT}


def test_runbooks_name_what_is_there(repository: Repository) -> None:
    slug = repository.answers["store_slug"]
    declared = [*blueprint.services(repository), *blueprint.databases(repository)]
    there = {slug, *repository.sentry["projects"], *(each["name"] for each in declared)}
    for file in (repository.root / RUNBOOKS).iterdir():
        assert set(re.findall(rf"`({slug}(?:-[a-z]+)*)`", file.read_text())) <= there, file.name
