"""A stand-in for Sentry's API: an organization on loopback that keeps what is written to it.

Sentry's own description judges each request and each answer. It leaves monitors and alerts open:
there the one of Sentry's Terraform provider does, with two mistakes in it repaired.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from support.api_stand_in import Asked, Handler, Refusal, serving
from support.descriptions import Description, WrongCallError, load

ORGANIZATION = "acme"
TOKEN = "0f1e-of-the-stand-in"  # noqa: S105 - it opens nothing
PUBLIC_HOST, PROVIDER_HOST = "https://de.sentry.io", "https://sentry.io/api"
SCOPES = {
    "alerts:read", "alerts:write", "member:read", "org:read", "project:read", "project:write",
    "team:read", "team:write",
}  # fmt: skip
FILTERS = ("browser-extensions", "filtered-transaction", "localhost", "web-crawlers")
UNLISTED = {"dataScrubber", "dataScrubberDefaults", "scrubIPAddresses"}
"""Sentry's description has these settings in what is returned, and not in what is taken."""
LISTING = "/api/0/organizations/"
_O, _P = f"/api/0/organizations/{ORGANIZATION}/", f"/api/0/projects/{ORGANIZATION}/"


MOMENT = "2026-01-01T00:00:00Z"
ROUTES = (
    ("GET", LISTING, 200, "organizations"),
    ("GET", f"{_O}", 200, "organization"),
    ("GET", f"{_O}teams/", 200, "teams"),
    ("POST", f"{_O}teams/", 201, "new_team"),
    ("GET", f"{_O}members/", 200, "members"),
    ("GET", f"{_O}environments/", 200, "environments"),
    ("POST", f"/api/0/teams/{ORGANIZATION}/([^/]+)/projects/", 201, "new_project"),
    ("GET", f"{_P}([^/]+)/", 200, "project"),
    ("PUT", f"{_P}([^/]+)/", 200, "project"),
    ("POST", f"{_P}([^/]+)/teams/([^/]+)/", 201, "new_team_of_project"),
    ("GET", f"{_P}([^/]+)/keys/", 200, "keys"),
    ("GET", f"{_P}([^/]+)/filters/", 200, "filters"),
    ("PUT", f"{_P}([^/]+)/filters/([^/]+)/", 204, "filter"),
    ("GET", f"{_P}([^/]+)/events/([0-9a-f]+)/", 200, "event"),
    ("GET", f"{_O}detectors/", 200, "monitors"),
    ("POST", f"{_O}projects/([^/]+)/detectors/", 201, "new_monitor"),
    ("PUT", f"{_O}detectors/([^/]+)/", 200, "monitor"),
    ("GET", f"{_O}workflows/", 200, "alerts"),
    ("POST", f"{_O}workflows/", 201, "new_alert"),
    ("PUT", f"{_O}workflows/([^/]+)/", 200, "alert"),
)


class Descriptions(NamedTuple):
    """The two documents."""

    public: Description
    provider: Description


def descriptions() -> Descriptions:
    """Load both documents, which takes a second."""
    public = load("sentry.openapi.json")
    base = "/api/0/projects/{organization_id_or_slug}/{project_id_or_slug}/"
    item = public["paths"][base]
    returned = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    taken = item["put"]["requestBody"]["content"]["application/json"]["schema"]
    taken["properties"] |= {name: returned["properties"][name] for name in UNLISTED}
    provider = load("sentry.terraform-provider.openapi.yaml")
    _repair(provider)
    return Descriptions(Description(public, PUBLIC_HOST), Description(provider, PROVIDER_HOST))


def _repair(schema: Any) -> None:
    """Let the provider's document take what it means, wherever it says "exactly one of".

    A monitor of an address fits two of its alternatives, and an answer's null none.
    """
    if isinstance(schema, dict):
        if "oneOf" in schema:
            schema["anyOf"] = schema.pop("oneOf")
            if schema.get("nullable"):
                schema["anyOf"].append({"nullable": True, "enum": [None]})
                del schema["discriminator"]
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            _repair(part)


@dataclass(kw_only=True)
class Organization(Asked):
    """What the organization holds, what it was asked, and how it misbehaves."""

    descriptions: Descriptions
    region: str = PUBLIC_HOST
    slugs: list[str] = field(default_factory=lambda: [ORGANIZATION])
    """Those of the organizations that the token sees."""
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    teams: list[dict[str, Any]] = field(default_factory=list)
    projects: dict[str, dict[str, Any]] = field(default_factory=dict)
    filters: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    monitors: list[dict[str, Any]] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    members: list[dict[str, Any]] = field(default_factory=list)
    environments: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    """The ids of those that have arrived."""
    ingest: str = ""
    """Where events go, if not to itself."""
    page_size: int = 100
    forgotten: set[str] = field(default_factory=set)
    """Settings of a project that are taken and not stored."""
    numbers: count[int] = field(default_factory=lambda: count(101))

    def take(self, other: Organization) -> None:
        """Hold what another one holds."""
        kept = ("teams", "projects", "filters", "keys", "monitors", "alerts", "members")
        for name in (*kept, "environments", "numbers"):
            setattr(self, name, deepcopy(getattr(other, name)))

    def number(self) -> str:
        """Return an identifier that nothing else has."""
        return str(next(self.numbers))

    def holds(self) -> Any:
        """Return everything that a person could see there, without identifiers."""
        names = {each["id"]: each["name"] for each in [*self.monitors, *self.teams]}
        return {
            "teams": [each["slug"] for each in self.teams],
            "projects": {
                slug: (
                    each["platform"],
                    sorted(team["slug"] for team in each["teams"]),
                    {name: each[name] for name in UNLISTED},
                    dict(self.filters[slug]),
                    len(self.keys[slug]),
                )
                for slug, each in self.projects.items()
            },
            "monitors": sorted(_bare(each, names) for each in self.monitors),
            "alerts": sorted(_bare(each, names) for each in self.alerts),
        }

    def add_member(self, email: str, *, pending: bool = False) -> None:
        """Let somebody into the organization, or only invite them."""
        [member] = self.sample("GET", f"{_O}members/", filled=True)
        user = None if pending else {**member["user"], "id": self.number(), "email": email}
        self.members.append(
            {**member, "id": self.number(), "email": email, "user": user, "pending": pending}
        )

    def add_project(self, slug: str, platform: str | None, team: dict[str, Any] | None) -> Any:
        """Make a project as Sentry does: with a key, and with a monitor of its errors."""
        number = self.number()
        [key] = self.sample("GET", f"{_P}{slug}/keys/", filled=True)
        scheme, host = ("https", self.ingest) if self.ingest else ("http", f"127.0.0.1:{self.port}")
        dsn = {**key["dsn"], "public": f"{scheme}://{slug}@{host}/{number}"}
        self.keys[slug] = [{**key, "id": self.number(), "isActive": True, "dsn": dsn}]
        self.filters[slug] = {name: name == "filtered-transaction" for name in FILTERS}
        self.projects[slug] = {
            **self.sample("GET", f"{_P}{slug}/"),
            "id": number, "slug": slug, "name": slug, "platform": platform,
            "teams": [_short(team)] if team else [],
        }  # fmt: skip
        self.add_monitor({"type": "error", "name": "Error Monitor", "projectId": number})
        return self.projects[slug]

    def add_monitor(self, given: dict[str, Any]) -> dict[str, Any]:
        """Make a monitor as it is shown."""
        held = {
            "id": self.number(), "workflowIds": [], "owner": None, "createdBy": None,
            "dateCreated": MOMENT, "dateUpdated": MOMENT, "dataSources": [], "config": {},
            "conditionGroup": {"conditions": [], "logicType": "any"}, "enabled": True,
            "description": None, "latestGroup": None, **given,
        }  # fmt: skip
        self.monitors.append(held)
        return held

    def sample(self, method: str, path: str, *, filled: bool = False) -> Any:
        """Return the smallest answer that is described, or one of a thing with all its parts."""
        return self.descriptions.public.answer(method, path, filled=filled)


def _short(team: dict[str, Any]) -> dict[str, Any]:
    return {name: team[name] for name in ("id", "slug", "name")}


def _bare(held: dict[str, Any], names: dict[str, str]) -> str:
    kept = {name: value for name, value in held.items() if name not in {"id", "projectId"}}
    kept["detectorIds"] = [names.get(each, each) for each in held.get("detectorIds", ())]
    return json.dumps(kept, sort_keys=True)


class Api:
    """Carries one request out. Each route takes what was given, and the names in the path."""

    def __init__(self, organization: Organization) -> None:
        self.held = organization

    def answer(self, method: str, path: str, given: Any) -> tuple[int, Any]:
        """Return status and body of a good answer, or raise a refusal."""
        for wanted, pattern, status, name in ROUTES:
            if method == wanted and (found := re.fullmatch(pattern, path)):
                return status, getattr(self, f"_{name}")(given, *found.groups())
        raise Refusal(404, "The requested resource does not exist")

    def _organizations(self, _: Any) -> Any:
        [one] = self.held.sample("GET", LISTING, filled=True)
        return [{**one, "slug": slug} for slug in self.held.slugs]

    def _organization(self, _: Any) -> Any:
        links = {"organizationUrl": "https://acme.sentry.io", "regionUrl": self.held.region}
        return {**self.held.sample("GET", _O), "slug": ORGANIZATION, "links": links}

    def _teams(self, _: Any) -> Any:
        return self.held.teams

    def _members(self, _: Any) -> Any:
        return self.held.members

    def _environments(self, _: Any) -> Any:
        return [{"id": name, "name": name} for name in self.held.environments]

    def _new_team(self, given: Any) -> Any:
        if any(team["slug"] == given["slug"] for team in self.held.teams):
            raise Refusal(404, "A team with this slug already exists.")
        self.held.teams.append(
            {**self.held.sample("POST", f"{_O}teams/"), **given, "id": self.held.number()}
        )
        return self.held.teams[-1]

    def _new_project(self, given: Any, team: str) -> Any:
        owner = self._named(team)
        if given["slug"] in self.held.projects:
            raise Refusal(409, "A project with this slug already exists.")
        held = self.held.add_project(given["slug"], given["platform"], owner)
        if given.get("default_rules", True):
            self._new_alert({"name": "nobody declared this"})
        return self._shown(held, f"/api/0/teams/{ORGANIZATION}/{team}/projects/")

    def _project(self, given: Any, slug: str) -> Any:
        if slug not in self.held.projects:
            raise Refusal(404, "The requested resource does not exist")
        kept = {name: value for name, value in given.items() if name not in self.held.forgotten}
        self.held.projects[slug] |= kept
        return self.held.projects[slug]

    def _new_team_of_project(self, _: Any, slug: str, team: str) -> Any:
        self._project({}, slug)["teams"].append(_short(self._named(team)))
        return self._shown(self._project({}, slug), f"{_P}{slug}/teams/{team}/")

    def _keys(self, _: Any, slug: str) -> Any:
        return self.held.keys[slug]

    def _filters(self, _: Any, slug: str) -> Any:
        shown = self.held.filters[slug].items()
        return [{"id": name, "active": active} for name, active in shown]

    def _filter(self, given: Any, slug: str, name: str) -> None:
        self.held.filters[slug][name] = given["active"]

    def _event(self, _: Any, slug: str, number: str) -> Any:
        if number not in self.held.events:
            raise Refusal(404, "The requested resource does not exist")
        sample = self.held.sample("GET", f"{_P}{slug}/events/{number}/", filled=True)
        return {**sample, "id": number, "eventID": number}

    def _monitors(self, given: Any) -> Any:
        return [each for each in self.held.monitors if each["projectId"] in given["project"]]

    def _new_monitor(self, given: Any, slug: str) -> Any:
        if self._project({}, slug)["id"] != given["projectId"]:
            raise Refusal(400, {"projectId": ["Not the project of this address."]})
        return self.held.add_monitor(self._as_monitor(given))

    def _monitor(self, given: Any, number: str) -> Any:
        return self._replaced(self.held.monitors, number, self._as_monitor(given))

    def _alerts(self, _: Any) -> Any:
        return self.held.alerts

    def _new_alert(self, given: Any) -> Any:
        self.held.alerts.append({**self._as_alert(given), "id": self.held.number()})
        return self.held.alerts[-1]

    def _alert(self, given: Any, number: str) -> Any:
        return self._replaced(self.held.alerts, number, self._as_alert(given))

    def _named(self, slug: str) -> Any:
        for team in self.held.teams:
            if team["slug"] == slug:
                return team
        raise Refusal(404, "Team not found.")

    def _shown(self, project: Any, path: str) -> Any:
        """Return a project as it is answered to what creates it, or adds a team."""
        shown = self.held.sample("POST", path)
        known = {name: project[name] for name in shown if name in project}
        return {**shown, **known, "team": project["teams"][0]}

    def _as_monitor(self, given: Any) -> Any:
        [source] = given["dataSources"]
        if source.get("snubaQuery", source).get("environment", "seen") not in self._seen:
            problem = "Environment is not part of this organization"
            raise Refusal(400, {"dataSources": {"environment": [problem]}})
        names = {team["id"]: team["name"] for team in self.held.teams}
        number = given["owner"].removeprefix("team:")
        if number not in names:
            raise Refusal(400, {"owner": ["Team is not a member of this organization"]})
        kind = "uptime_subscription"
        if given["type"] == "metric_issue":
            kind = "snuba_query_subscription"
            query = {name: value for name, value in source.items() if name != "queryType"}
            source = {"snubaQuery": query}
        return {
            **given,
            "owner": {"type": "team", "id": number, "name": names[number]},
            "dataSources": [{"id": "1", "type": kind, "queryObj": source}],
        }

    @property
    def _seen(self) -> set[str | None]:
        return {*self.held.environments, "seen", None}

    def _as_alert(self, given: Any) -> Any:
        if given.get("environment") not in self._seen:
            raise Refusal(400, {"environment": ["Environment is not part of this organization"]})
        known = {each["id"] for each in self.held.monitors}
        if unknown := set(given.get("detectorIds", ())) - known:
            raise Refusal(400, {"detectorIds": [f"{unknown} do not exist"]})
        return {
            "organizationId": "2", "createdBy": None, "owner": None, "lastTriggered": None,
            "dateCreated": MOMENT, "dateUpdated": MOMENT, "environment": None, "enabled": True,
            "config": {"frequency": 30}, "detectorIds": [], "triggers": {}, "actionFilters": [],
            **given,
        }  # fmt: skip

    def _replaced(self, listing: list[dict[str, Any]], number: str, given: Any) -> Any:
        for held in listing:
            if held["id"] == number:
                held |= {**given, "id": number}
                return held
        raise Refusal(404, "The requested resource does not exist")


class SentryHandler(Handler):
    """Answers as Sentry does."""

    held: Organization

    def read(self, body: bytes) -> Any:
        """Return what a body says: an envelope has several lines."""
        if self._is_event():
            return [json.loads(line) for line in body.splitlines()]
        return super().read(body)

    def _is_event(self) -> bool:
        return re.fullmatch(r"/api/\d+/envelope/", self.path) is not None

    def carry_out(self, path: str, query: Any, given: Any) -> tuple[int, Any, str]:
        """Return status, content and Link header of a good answer, or raise a refusal."""
        if self._is_event():
            self.held.environments.append(given[-1]["environment"])
            return 200, {"id": given[0]["event_id"]}, ""
        status, content = Api(self.held).answer(self.command, path, given)
        return status, *self._page(content, query)

    def admit(self, body: bytes) -> None:
        """Refuse what the descriptions do not have, and what the token may not do."""
        path, headers = urlsplit(self.path).path, dict(self.headers)
        if self._is_event():
            self._admit_event()
            return
        public, provider = self.held.descriptions
        try:
            operation = public.operation(self.command, path)
            judge = provider if self._is_of_monitors() and self.command != "GET" else public
            judge.judge(self.command, self.path, headers, body, also=self._cursors())
        except WrongCallError as error:
            self.held.wrong.append(str(error))
            raise Refusal(400, str(error)) from error
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            raise Refusal(401, "Invalid token")
        if not self.held.scopes & set(operation["security"][0]["auth_token"]):
            raise Refusal(403, "You do not have permission to perform this action.")
        if path != LISTING and path.split("/")[4] != ORGANIZATION:
            raise Refusal(404, "The requested resource does not exist")

    def _admit_event(self) -> None:
        """Take events with the key of their project, and never with the token."""
        number = self.path.split("/")[2]
        [project] = [slug for slug, each in self.held.projects.items() if each["id"] == number]
        if (
            "Authorization" in self.headers
            or f"sentry_key={project}" not in self.headers["X-Sentry-Auth"]
        ):
            self.held.wrong.append(f"an event for {project} with {self.headers}")
            raise Refusal(403, "Sentry does not know this key.")

    def judge_answer(self, status: int, answer: bytes) -> None:
        """Note what is not as described: ingest is not."""
        if self._is_event():
            return
        public, provider = self.held.descriptions
        for judge in (public, provider) if self._is_of_monitors() else (public,):
            try:
                judge.judge_answer(self.command, self.path, dict(self.headers), status, answer)
            except WrongCallError as error:
                self.held.wrong.append(f"the stand-in's answer to {self.path}: {error}")

    def _cursors(self) -> set[str]:
        """Return the parameter of further pages where either description has it."""
        path = urlsplit(self.path).path
        known = [each for each in self.held.descriptions if each.knows(path)]
        return {"cursor"} & set().union(*(each.parameters(self.command, path) for each in known))

    def _is_of_monitors(self) -> bool:
        return "/detectors/" in self.path or "/workflows/" in self.path

    def _page(self, content: Any, query: dict[str, list[str]]) -> tuple[Any, str]:
        """Return a page of a listing, with the header that leads to the next."""
        if not isinstance(content, list) or not self._cursors():
            return content, ""
        start = int(query.get("cursor", ["0:0"])[0].split(":")[1])
        end = start + self.held.page_size
        more, following = str(end < len(content)).lower(), f"0:{end}:0"
        target = urlencode({**query, "cursor": [following]}, doseq=True)
        address = f"{self.held.address}{urlsplit(self.path).path}?{target}"
        link = f'<{address}>; rel="next"; results="{more}"; cursor="{following}"'
        return content[
            start:end
        ], f'<{address}>; rel="previous"; results="false"; cursor="", {link}'


@contextlib.contextmanager
def stand_in(judges: Descriptions) -> Iterator[Organization]:
    """Serve an empty organization."""
    held = Organization(descriptions=judges)
    with serving(held, SentryHandler):
        yield held
