"""Sentry: the team, two projects, what they scrub and filter, the monitors and their alerts.

The calls are those of Sentry's published description (release 0.272.0), and for monitors and
alerts, which it leaves open, those of the description in Sentry's Terraform provider.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from tools.checks import monitoring
from tools.repository import SENTRY, Repository

from luma.live.engine import Known, Resource, Vendor, as_text
from luma.live.sentry.account import API, Account
from luma.live.sentry.alerts import METRIC, UPTIME, Alert, Declared, Errors, Monitor, burn_rates
from luma.live.sentry.projects import Environment, Filter, Project, Settings, Team
from luma.live.transport import Transport, open_transport
from luma.problems import LumaError

ORGANIZATION = "SENTRY_ORG"
API_DSN = "SENTRY_DSN"
DSNS = {"NEXT_PUBLIC_SENTRY_DSN": "storefront", API_DSN: "api"}
_SLUG = re.compile(r"[a-z0-9_-]+")
RULES = (
    monitoring.runbook_behind_each_alert,
    monitoring.known_severities,
    monitoring.alerts_that_sentry_can_hold,
    monitoring.reachable_objectives,
    monitoring.objectives_that_sentry_can_watch,
)


class Sentry(Vendor):
    """The store's declarations for Sentry."""

    name = "Sentry"
    promises = (ORGANIZATION, *DSNS)

    def __init__(self, account: Account, repository: Repository, known: Known) -> None:
        sentry, alerts, answers = repository.sentry, repository.alerts, repository.answers
        self.account = f"organization {account.organization}"
        self._account = account
        self._declared = declared = Declared(
            projects=sentry["projects"],
            notify=alerts["notify"].lower(),
            environment=alerts["environment"],
            repository=repository,
            known=known,
            runbooks=f"https://github.com/{answers['repository']}/blob/main",
        )
        to_watch = alerts["alerts"] | burn_rates(repository.objectives, account.slug)
        watched = {
            name: Errors(account, declared, alert["project"])
            if alert["kind"] == "issue"
            else Monitor(account, declared, name, alert)
            for name, alert in to_watch.items()
        }
        projects = declared.projects
        self.resources: list[Resource] = [
            Team(account),
            *(Project(account, name, each["platform"]) for name, each in projects.items()),
            *(Settings(account, name, sentry["settings"]) for name in projects),
            *(Filter(account, name, each) for name in projects for each in sentry["filters"]),
            Environment(account, declared.environment, API_DSN, f"{account.slug}-api"),
            *(each for each in watched.values() if isinstance(each, Monitor)),
            *(
                Alert(account, declared, name, to_watch[name], each)
                for name, each in watched.items()
            ),
        ]

    def forget(self) -> None:
        """Read everything again from now on."""
        self._account.forget()

    def undeclared(self) -> Iterator[str]:
        """Return the monitors of the store's projects and the alerts on them that others made."""
        declared = {resource.title for resource in self.resources}
        monitors = self._account.monitors(self._declared.projects)
        ids = {str(each["id"]) for each in monitors}
        for kind, held in (("monitor", monitors), ("alert", self._account.alerts)):
            for each in held:
                title = f"{kind} {each['name']}"
                on_ours = ids & set(each.get("detectorIds", ()))
                if title not in declared and (on_ours or each.get("type") in {UPTIME, METRIC}):
                    yield title

    def carries(self) -> dict[str, str]:
        """Return the organization, and where the storefront and the API report to."""
        carried = {ORGANIZATION: self._account.organization}
        for variable, part in DSNS.items():
            name = f"{self._account.slug}-{part}"
            if self._account.project(name) and (dsn := self._account.dsn(name)):
                carried[variable] = dsn
        return carried

    def has_event(self, part: str, number: str) -> bool:
        """Return whether an event has arrived in the project of a part of the store."""
        self._account.forget()
        project = f"projects/{self._account.organization}/{self._account.slug}-{part}"
        return self._account.one(f"{project}/events/{number}/") is not None


def connect(repository: Repository, known: Known, *, read_only: bool) -> Sentry:
    """Return what a store declares for Sentry, and the organization to compare it with.

    Raises:
        LumaError: the organization must not be touched.

    """
    region, slug = repository.sentry["url"], repository.answers["store_slug"]
    given = os.environ.get(ORGANIZATION, "")
    if given and not _SLUG.fullmatch(given):
        raise LumaError(
            f"Set {ORGANIZATION} to the organization's slug: in Sentry, under Settings, General."
        )
    transport = open_transport(API, region, read_only=read_only)
    organization = given or _only_organization(transport)
    account = Account(transport, organization, slug)
    held = account.one(f"organizations/{organization}/")
    if held is None:
        raise LumaError(
            f"{region} has no organization {organization} that the token in {API.variable} "
            f"can see: {ORGANIZATION} must be its slug, and its data must be stored there."
        )
    if held["links"]["regionUrl"] != region:
        raise LumaError(
            f"The organization {organization} stores its data at {held['links']['regionUrl']}, but "
            f"this store declares {region} in {SENTRY}. An organization can't be moved: create one "
            "in that region."
        )
    return Sentry(account, repository, known)


def _only_organization(transport: Transport) -> str:
    """Return the organization that the token belongs to.

    Raises:
        LumaError: it opens none, or several.

    """
    answer = transport.get("/api/0/organizations/")
    slugs: list[str] = [each["slug"] for each in answer.json()] if answer else []
    if len(slugs) == 1:
        return slugs[0]
    raise LumaError(
        f"Set {ORGANIZATION} to the organization that the store belongs to, of those that the "
        f"token in {API.variable} sees: {as_text(slugs) or 'none'}."
    )
