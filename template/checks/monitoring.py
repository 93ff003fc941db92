"""Rules for what monitoring/ declares."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from .repository import ALERTS, OBJECTIVES, Finding, Repository, Rule

REPLAY = "monitoring/replay.yml"
SEVERITIES = {"page", "ticket"}
PRIVATE_PATHS = {"/account", "/cart", "/checkout"}


def runbook_behind_each_alert(repository: Repository) -> Iterator[Finding]:
    """Whoever is woken up finds out what to do."""
    for name, alert in repository.alerts["alerts"].items():
        if not repository.has_file(alert.get("runbook") or ""):
            yield Finding(ALERTS, name, f"its runbook {alert.get('runbook')} is not there")


def known_severities(repository: Repository) -> Iterator[Finding]:
    """An alert pages somebody or opens a ticket."""
    alerts = repository.alerts["alerts"].items()
    rates = ((f"factor {rate['factor']}", rate) for rate in repository.objectives["burn_rates"])
    for file, entries in ((ALERTS, alerts), (OBJECTIVES, rates)):
        for name, entry in entries:
            if entry.get("severity") not in SEVERITIES:
                allowed = ", ".join(sorted(SEVERITIES))
                yield Finding(file, name, f"severity {entry.get('severity')} is none of {allowed}")


def reachable_objectives(repository: Repository) -> Iterator[Finding]:
    """An objective of 1 leaves no error budget to burn."""
    for name, objective in repository.objectives["objectives"].items():
        if not 0 < objective["target"] < 1:
            yield Finding(OBJECTIVES, name, "target is more than 0 and less than 1")


def private_replay(repository: Repository) -> Iterator[Finding]:
    """Session replay, where there is one, starts after consent and sees nothing private."""
    if not repository.exists(REPLAY):
        return
    replay = yaml.safe_load(repository.text(REPLAY))
    if replay["starts"] != "after consent":
        yield Finding(REPLAY, "starts", "has to be: after consent")
    for kind, blank in replay["sanitize"].items():
        if blank is not True:
            yield Finding(REPLAY, kind, "has to be sanitized: true")
    for path in sorted(PRIVATE_PATHS - set(replay["never_on"])):
        yield Finding(REPLAY, "never_on", f"{path} is missing")


RULES: tuple[Rule, ...] = (
    runbook_behind_each_alert,
    known_severities,
    reachable_objectives,
    private_replay,
)
