"""The monitors of a store, and who is told when one of them finds something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.repository import ALERTS, OBJECTIVES, Repository

from luma.live.engine import After, Fields, Known, Resource, Step, as_text
from luma.live.sentry.account import Account
from luma.live.site import site, wait_for_site
from luma.problems import LumaError

UPTIME, METRIC, ERRORS = "uptime_domain_failure", "metric_issue", "error"
"""Types of monitors. Sentry itself makes the one of a project's errors."""
PRIORITIES = {"page": 75, "ticket": 50}
SOLVED = 0
NEVER_RETURNED = {"queryType", "assertion"}
FIRST_SEEN = ("first_seen_event",)
EACH_TIME = ("first_seen_event", "reappeared_event", "regression_event")
REPEAT_MINUTES = 30
CHECK_TIMEOUT_MS = 10_000
FAILURES = "failure_rate()"
"""Sentry counts as failed what is not ok, cancelled or unknown."""
OF_THE_CLIENT = (
    "already_exists", "failed_precondition", "invalid_argument", "not_found", "permission_denied",
    "resource_exhausted", "unauthenticated",
)  # fmt: skip
"""The statuses that the SDK gives answers from 400 to 499, which are no failures of the store."""
WHOLE_REQUESTS = "is_transaction:true"
"""Not the steps in them."""
REQUESTS = {
    "dataset": "events_analytics_platform",
    "eventTypes": ["trace_item_span"],
    "queryType": 1,
    "extrapolationMode": "unknown",
}
"""What a metric is measured on."""
LONGEST_MINUTES = 24 * 60
"""A monitor's longest time window."""
MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


@dataclass(frozen=True)
class Declared:
    """What all monitors and alerts of a store have in common."""

    projects: Mapping[str, Any]
    notify: str
    environment: str
    repository: Repository
    known: Known
    runbooks: str
    """The address below which the runbooks are."""


def burn_rates(objectives: Any, slug: str) -> dict[str, Any]:
    """Return an alert for each objective that Sentry can watch, and each window that it can hold.

    A monitor has one window: the long one, because the short one only ends an alert sooner.
    """
    return {
        f"{name}-{rate['long']}": {
            "what": f"The error budget of {name} burns {rate['factor']} times as fast as it may",
            "kind": "metric",
            "project": f"{slug}-{objective['part']}",
            "measure": FAILURES,
            "above": round(rate["factor"] * (1 - objective["target"]), 6),
            "minutes": minutes,
            "severity": rate["severity"],
            "runbook": objective["runbook"],
            "objective": name,
        }
        for name, objective in objectives["objectives"].items()
        if "part" in objective
        for rate in objectives["burn_rates"]
        if (minutes := int(rate["long"][:-1]) * MINUTES[rate["long"][-1]]) <= LONGEST_MINUTES
    }


def declared_in(name: str, alert: Any) -> tuple[str, ...]:
    """Return the file that declares an alert, and its name in there."""
    return (OBJECTIVES, alert["objective"]) if "objective" in alert else (ALERTS, name)


class Monitor(Resource):
    """A monitor of one project, named like its alert."""

    def __init__(self, account: Account, declared: Declared, name: str, alert: Any) -> None:
        self.name = f"{account.slug}-{name}"
        self.title = f"monitor {self.name}"
        self.declared_in = declared_in(name, alert)
        self._account = account
        self._declared = declared
        self._type = UPTIME if alert["kind"] == "uptime" else METRIC
        self._project: str = alert.get("project") or f"{account.slug}-storefront"
        self._alert = alert

    @property
    def _body(self) -> dict[str, Any]:
        runbook = f"{self._declared.runbooks}/{self._alert['runbook']}"
        return {
            "type": self._type,
            "name": self.name,
            "description": f"{self._alert['what']}. What to do first: {runbook}",
            "enabled": True,
            **(_uptime if self._type == UPTIME else _metric)(self._declared, self._alert),
        }

    @property
    def held(self) -> Any:
        """Return the monitor of this name in its project; None where there is none.

        Raises:
            LumaError: there are several, or it is one of another type.

        """
        project = self._account.project(self._project) or {}
        held = _only(
            self.title,
            (
                each
                for each in self._account.monitors(self._declared.projects)
                if each["name"] == self.name and each["projectId"] == project.get("id")
            ),
            self._account.page("monitors/"),
        )
        if held and held["type"] != self._type:
            raise LumaError(f"The {self.title} is of type {held['type']}: rename or delete it.")
        return held

    def wanted(self) -> Fields:
        """Return the declared fields."""
        body = self._body
        return _fields(body, body["dataSources"][0]) | {"owner": self._account.slug}

    def found(self) -> Fields | None:
        """Return the monitor's fields."""
        if (held := self.held) is None:
            return None
        asked = held["dataSources"][0]["queryObj"]
        found = _fields(held, asked.get("snubaQuery", asked))
        owner, team = held["owner"] or {"id": "", "name": ""}, self._account.team or {}
        # A team can be renamed, and keeps its slug.
        found["owner"] = team["slug"] if owner["id"] == team.get("id") else owner["name"]
        return {field: found.get(field, "") for field in self.wanted()}

    def waits_for(self) -> Step | After | None:
        """Wait for the store's address."""
        if self._type == METRIC:
            return None
        return wait_for_site(self._declared.repository, self._declared.known)

    def write(self) -> None:
        """Create the monitor, or overwrite it whole."""
        organization, held = self._account.organization, self.held
        body = {
            **self._body,
            "projectId": self._account.project(self._project)["id"],
            "owner": f"team:{self._account.team['id']}",
        }
        if held:
            self._account.send("PUT", f"organizations/{organization}/detectors/{held['id']}/", body)
        else:
            path = f"organizations/{organization}/projects/{self._project}/detectors/"
            self._account.send("POST", path, body)


def _uptime(declared: Declared, alert: Any) -> dict[str, Any]:
    source = {
        "url": f"{site(declared.repository, declared.known)}{alert['path']}",
        "method": "GET",
        "body": None,
        "headers": [],
        "intervalSeconds": alert["interval_seconds"],
        "timeoutMs": CHECK_TIMEOUT_MS,
        "traceSampling": False,
        "assertion": None,
    }
    config = {
        "mode": 1,
        "environment": declared.environment,
        "downtimeThreshold": alert["failures"],
        "recoveryThreshold": 1,
    }
    return {"dataSources": [source], "config": config}


def _metric(declared: Declared, alert: Any) -> dict[str, Any]:
    query = WHOLE_REQUESTS
    if alert["measure"] == FAILURES:
        query += f" !span.status:[{', '.join(OF_THE_CLIENT)}]"
    source = {
        **REQUESTS,
        "query": query,
        "aggregate": alert["measure"],
        "environment": declared.environment,
        "timeWindow": alert["minutes"] * 60,
    }
    results = {"gt": PRIORITIES[alert["severity"]], "lte": SOLVED}
    conditions = [
        {"type": type_, "comparison": alert["above"], "conditionResult": result}
        for type_, result in results.items()
    ]
    return {
        "dataSources": [source],
        "config": {"detectionType": "static"},
        "conditionGroup": {"logicType": "any", "conditions": conditions},
    }


def _fields(monitor: Any, source: Any) -> Fields:
    """Return what is compared of a monitor, as it is sent or as it is held."""
    fields = {
        **{name: monitor[name] for name in ("description", "enabled")},
        **{name: value for name, value in source.items() if name not in NEVER_RETURNED},
        **monitor["config"],
    }
    if monitor["type"] == METRIC:
        fields["conditions"] = [
            " ".join(as_text(each[part]) for part in ("type", "comparison", "conditionResult"))
            for each in monitor["conditionGroup"]["conditions"]
        ]
    return {name: as_text(value) for name, value in fields.items()}


class Errors:
    """The monitor that Sentry itself makes for the errors of each project."""

    def __init__(self, account: Account, declared: Declared, project: str) -> None:
        self.name = f"errors of {project}"
        self._account = account
        self._declared = declared
        self._project = project

    @property
    def held(self) -> Any:
        """Return the monitor; None where there is none."""
        project = self._account.project(self._project) or {}
        monitors = self._account.monitors(self._declared.projects)
        return next(
            (
                each
                for each in monitors
                if each["type"] == ERRORS and each["projectId"] == project.get("id")
            ),
            None,
        )

    def waits_for(self) -> Step | None:
        """Wait for the monitor."""
        if self.held or self._account.project(self._project) is None:
            return None
        text = f"{self._project} has no monitor of its errors: create one of that type."
        return Step(text, self._account.page("monitors/"))


class Alert(Resource):
    """Who is told when a monitor finds something."""

    def __init__(
        self, account: Account, declared: Declared, name: str, alert: Any, watched: Monitor | Errors
    ) -> None:
        self.name = f"{account.slug}-{name}"
        self.title = f"alert {self.name}"
        self.declared_in = declared_in(name, alert)
        self._account = account
        self._declared = declared
        self._watched = watched
        of_errors = isinstance(watched, Errors)
        self._when = FIRST_SEEN if of_errors else EACH_TIME
        # The other monitors look at this environment only.
        self._environment = declared.environment if of_errors else None

    @property
    def held(self) -> Any:
        """Return the alert of this name; None where there is none.

        Raises:
            LumaError: there are several.

        """
        named = (each for each in self._account.alerts if each["name"] == self.name)
        return _only(self.title, named, self._account.page("monitors/alerts/"))

    def wanted(self) -> Fields:
        """Return the declared fields."""
        return {
            "monitors": self._watched.name,
            "when": as_text(self._when),
            "only if": "",
            "notifies": self._declared.notify,
            "environment": as_text(self._environment),
            "repeat_minutes": as_text(REPEAT_MINUTES),
            "enabled": as_text(True),
        }

    def found(self) -> Fields | None:
        """Return the alert's fields."""
        if (held := self.held) is None:
            return None
        parts = held["actionFilters"] or []
        triggers = (held["triggers"] or {}).get("conditions", [])
        return {
            "monitors": as_text([self._monitor_name(each) for each in held["detectorIds"]]),
            "when": as_text([each["type"] for each in triggers]),
            "only if": as_text([each["type"] for part in parts for each in part["conditions"]]),
            "notifies": as_text([self._told(each) for part in parts for each in part["actions"]]),
            "environment": as_text(held["environment"]),
            "repeat_minutes": as_text(held["config"]["frequency"]),
            "enabled": as_text(held["enabled"]),
        }

    def waits_for(self) -> Step | After | None:
        """Wait for what the monitor waits for, and for whoever is to be told."""
        if (step := self._watched.waits_for()) or self._target():
            return step
        notify, slug = self._declared.notify, self._account.slug
        if "@" in notify:
            text = f"Invite {notify} to the organization and the team {slug}, and have them accept:"
            return Step(text, self._account.page("settings/members/"))
        return Step(f"Create the team {notify}:", self._account.page("settings/teams/"))

    def write(self) -> None:
        """Create the alert, or overwrite it whole."""
        held = self.held
        conditions = [
            {"type": type_, "comparison": True, "conditionResult": True} for type_ in self._when
        ]
        told = {"type": "email", "data": {}, "config": self._target()}
        body = {
            "name": self.name,
            "enabled": True,
            "environment": self._environment,
            "config": {"frequency": REPEAT_MINUTES},
            "detectorIds": [str(self._watched.held["id"])],
            "triggers": {"logicType": "any-short", "conditions": conditions},
            "actionFilters": [{"logicType": "all", "conditions": [], "actions": [told]}],
        }
        path = f"organizations/{self._account.organization}/workflows/"
        if held:
            self._account.send("PUT", f"{path}{held['id']}/", {**body, "id": held["id"]})
        else:
            self._account.send("POST", path, body)

    def _monitor_name(self, identifier: str) -> str:
        for each in self._account.monitors(self._declared.projects):
            if str(each["id"]) == str(identifier):
                is_watched = self._watched.held and self._watched.held["id"] == each["id"]
                return self._watched.name if is_watched else str(each["name"])
        return f"number {identifier}"

    def _told(self, action: Any) -> str:
        kind, identifier = (
            action["config"].get(f"target{part}") for part in ("Type", "Identifier")
        )
        if action["type"] == "email" and kind == "user":
            names = {each["user"]["id"]: each["email"].lower() for each in self._account.people}
        elif action["type"] == "email" and kind == "team":
            names = {team["id"]: team["slug"] for team in self._account.teams}
        else:
            names = {}
        return str(
            names.get(identifier, f"{action['type']} {kind or ''} {identifier or ''}".strip())
        )

    def _target(self) -> dict[str, str] | None:
        """Return whom to tell, as Sentry names them; None where they are not there (yet)."""
        notify = self._declared.notify
        if "@" in notify:
            kind = "user"
            people = self._account.people
            ids = [each["user"]["id"] for each in people if each["email"].lower() == notify]
        else:
            kind = "team"
            ids = [each["id"] for each in self._account.teams if each["slug"] == notify]
        return {"targetType": kind, "targetIdentifier": ids[0]} if ids else None


def _only(title: str, named: Iterator[Any], page: str) -> Any:
    """Return the only thing of a name; None where there is none.

    Raises:
        LumaError: there are several, and nobody can tell which is the store's.

    """
    first, *others = [*named, None]
    if len(others) > 1:
        raise LumaError(f"There are {len(others)} of the {title}: delete all but one at {page}")
    return first
