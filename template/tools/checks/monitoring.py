"""Rules for the declarations in monitoring/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..repository import (
    ALERTS,
    LISTED,
    OBJECTIVES,
    OWN,
    REPLAY,
    Finding,
    Repository,
    Rule,
)

PACKAGE = "storefront/package.json"
SDK = "@sentry/nextjs"
STARTS_SENTRY = (
    "storefront/src/instrumentation.ts",
    "storefront/src/instrumentation-client.ts",
)
_FIELD = re.compile(r"(?!sentry\.)[a-z][a-z0-9_.]{1,63}")
SEVERITIES = {"page", "ticket"}
_OF_EACH = {"what", "kind", "severity", "runbook"}
_OF_A_KIND = {
    "uptime": {"path", "interval_seconds", "failures"},
    "metric": {"project", "measure", "above", "minutes"},
    "issue": {"project", "when"},
}
_ALLOWED: dict[str, set[Any]] = {
    "interval_seconds": {60, 300, 600, 1200, 1800, 3600},
    "when": {"first seen"},
}
_WINDOW = re.compile(r"[1-9]\d*[mhd]")
_PAGE = re.compile(r"/|(/[a-z0-9_-]+)(/[a-z0-9_-]+|/\[\w+\])*(/\[\.{3}\w+\])?", re.IGNORECASE)
NEVER_PUBLIC = {"account", "cart", "checkout", "login", "orders"}
PRIVATE_OPTIONS = {
    "console": {"isEnabled": False},
    "network": {"isEnabled": False},
    "dom": {
        "inputSanitizer": True,
        "textSanitizer": True,
        "disablePageTitles": True,
        "hiddenAttributes": {"alt", "aria-label", "placeholder", "title", "value"},
    },
    "shouldCaptureIP": False,
    "shouldDetectExceptions": False,
}


def storefront_starts_sentry(repository: Repository) -> Iterator[Finding]:
    """Two files of the storefront start Sentry, and they need its package."""
    if not repository.exists(PACKAGE):
        return
    depends = SDK in repository.storefront_package.get("dependencies", {})
    for file in STARTS_SENTRY:
        if depends and not repository.exists(file):
            message = f'is missing: make doctor ARGS="--fix {file}" writes it'
            yield Finding(file, "whole file", message, by_hand=True)
        elif repository.exists(file) and not depends:
            yield Finding(
                file, "whole file", f"needs {SDK} in {PACKAGE}; add it, or delete this file"
            )
    if not depends:
        message = f"{SDK} is missing, so errors of the storefront are not reported"
        yield Finding(PACKAGE, "dependencies", message, by_hand=True)


def runbook_behind_each_alert(repository: Repository) -> Iterator[Finding]:
    """Each alert, and each objective that Sentry watches, names a runbook that exists."""
    objectives = repository.objectives["objectives"].items()
    watched = ((name, each) for name, each in objectives if "part" in each)
    for file, entries in ((ALERTS, repository.alerts["alerts"].items()), (OBJECTIVES, watched)):
        for name, entry in entries:
            if not repository.has_file(entry.get("runbook") or ""):
                yield Finding(file, name, f"the runbook {entry.get('runbook')} does not exist")


def known_severities(repository: Repository) -> Iterator[Finding]:
    """An alert pages someone or opens a ticket."""
    alerts = repository.alerts["alerts"].items()
    rates = ((f"factor {rate['factor']}", rate) for rate in repository.objectives["burn_rates"])
    for file, entries in ((ALERTS, alerts), (OBJECTIVES, rates)):
        for name, entry in entries:
            if entry.get("severity") not in SEVERITIES:
                allowed = ", ".join(sorted(SEVERITIES))
                yield Finding(
                    file, name, f"severity {entry.get('severity')} is not one of {allowed}"
                )


def alerts_that_sentry_can_hold(repository: Repository) -> Iterator[Finding]:
    """An alert has the fields of its kind, and no others: Sentry's monitors have no such things."""
    own = repository.own(ALERTS).get("alerts", {})
    allowed: dict[str, set[Any]] = {**_ALLOWED, "project": set(repository.sentry["projects"])}
    for name, alert in repository.alerts["alerts"].items():
        for problem in _alert_problems(alert, allowed):
            yield Finding(OWN[ALERTS] if name in own else ALERTS, name, problem, by_hand=True)


def _alert_problems(alert: dict[str, Any], allowed: dict[str, set[Any]]) -> Iterator[str]:
    kind = alert.get("kind")
    if kind not in _OF_A_KIND:
        yield f"kind {kind} is not one of {', '.join(_OF_A_KIND)}"
        return
    fields = _OF_EACH | _OF_A_KIND[kind]
    for field in sorted(fields ^ alert.keys()):
        yield f"{field} is missing" if field in fields else f"no monitor of Sentry has a {field}"
    for field in sorted(allowed.keys() & fields & alert.keys()):
        if alert[field] not in allowed[field]:
            choices = ", ".join(map(str, sorted(allowed[field])))
            yield f"{field} {alert[field]} is not one of {choices}"


def reachable_objectives(repository: Repository) -> Iterator[Finding]:
    """An objective of 1 leaves no error budget to burn."""
    for name, objective in repository.objectives["objectives"].items():
        if not 0 < objective["target"] < 1:
            yield Finding(OBJECTIVES, name, "target must be more than 0 and less than 1")


def objectives_that_sentry_can_watch(repository: Repository) -> Iterator[Finding]:
    """A watched objective is of a part that has a project, and of windows that can be read."""
    projects, slug = repository.sentry["projects"], repository.answers["store_slug"]
    for name, objective in repository.objectives["objectives"].items():
        part = objective.get("part")
        if part is not None and f"{slug}-{part}" not in projects:
            yield Finding(OBJECTIVES, name, f"Sentry has no project {slug}-{part}")
    for rate in repository.objectives["burn_rates"]:
        if not _WINDOW.fullmatch(str(rate["long"])):
            message = "long must be a number of minutes, hours or days, such as 30m, 6h or 3d"
            yield Finding(OBJECTIVES, f"factor {rate['factor']}", message)


def own_fields(repository: Repository) -> Iterator[Finding]:
    """The browser, the storefront and the API read the names of the store's own fields."""
    yield from repository.missing_own(LISTED)
    for name in repository.own(LISTED).get("fields", []):
        if not _FIELD.fullmatch(name):
            message = "must be of small letters, digits, _ and ., and not of Sentry's own"
            yield Finding(OWN[LISTED], name, message)


def private_replay(repository: Repository) -> Iterator[Finding]:
    """Session replay records no personal data."""
    if not repository.exists(REPLAY):
        return
    replay = repository.replay
    yield from _not_private(PRIVATE_OPTIONS, replay["options"], "options")
    for page in replay["publicPages"]:
        yield from _not_public(REPLAY, page)
    for page in repository.own(LISTED).get("publicPages", []):
        yield from _not_public(OWN[LISTED], page)
    if not 0 <= replay["sessionSampleRate"] <= 1:
        yield Finding(REPLAY, "sessionSampleRate", "must be from 0 to 1")


def _not_public(file: str, page: str) -> Iterator[Finding]:
    if not _PAGE.fullmatch(page):
        message = "must be a route such as /products/[slug], and begin with a fixed part"
        yield Finding(file, page, message)
    elif private := sorted(NEVER_PUBLIC.intersection(page.lower().split("/"))):
        yield Finding(file, page, f"{private[0]} is never public")


def _not_private(wanted: dict[str, Any], options: dict[str, Any], where: str) -> Iterator[Finding]:
    for name, value in wanted.items():
        if isinstance(value, dict):
            yield from _not_private(value, options.get(name, {}), f"{where}.{name}")
        elif isinstance(value, set):
            for missing in sorted(value - set(options.get(name, []))):
                yield Finding(REPLAY, f"{where}.{name}", f"{missing} is missing")
        elif options.get(name) is not value:
            yield Finding(REPLAY, f"{where}.{name}", f"must be {str(value).lower()}")


RULES: tuple[Rule, ...] = (
    storefront_starts_sentry,
    runbook_behind_each_alert,
    known_severities,
    alerts_that_sentry_can_hold,
    reachable_objectives,
    objectives_that_sentry_can_watch,
    own_fields,
    private_replay,
)
