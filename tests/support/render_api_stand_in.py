"""A stand-in for Render's API: one workspace on loopback, and the person who makes a Blueprint.

Render's own description judges each request and each answer. Its plans are those of June 2026,
before Render had the ones of today, so any plan is right here.
"""

from __future__ import annotations

import contextlib
import email
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import yaml

from support.api_stand_in import Asked, Handler, Refusal, serving
from support.descriptions import Description, WrongCallError, load

TOKEN = "rnd_0f1e-of-the-stand-in"  # noqa: S105 - it opens nothing
HOST = "https://api.render.com/v1"
VALIDATE = "/v1/blueprints/validate"
OWNER = {"id": "tea-1", "name": "Lamps", "email": "ida@shop.example.com", "type": "team"}
LISTINGS = {
    "/owners": "owner",
    "/blueprints": "blueprint",
    "/services": "service",
    "/postgres": "postgres",
    "/key-value": "keyValue",
}
TYPES = {"/services": "web_service", "/postgres": "postgres", "/key-value": "key_value"}


def description() -> Description:
    """Load Render's description, without its lists of plans."""
    document = load("render.openapi.json")
    schemas = document["components"]["schemas"]
    for plan in (
        schemas["plan"],
        schemas["keyValuePlan"],
        schemas["postgres"]["properties"]["plan"],
    ):
        plan.pop("enum", None)
    # A web service's details are right as a private service's, too.
    details = schemas["service"]["properties"]["serviceDetails"]
    details["anyOf"] = details.pop("oneOf")
    return Description(document, HOST)


def refusal(status: int, message: str) -> Refusal:
    """Return a refusal in Render's shape."""
    return Refusal(status, {"id": "req-1", "message": message})


@dataclass(kw_only=True)
class Workspace(Asked):
    """What the workspace holds, and how it misbehaves beyond what all stand-ins do."""

    description: Description
    owners: list[dict[str, Any]] = field(default_factory=lambda: [dict(OWNER)])
    blueprints: list[dict[str, Any]] = field(default_factory=list)
    made: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {path: [] for path in TYPES}
    )
    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    deploys: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """The newest first."""
    problems: list[dict[str, Any]] = field(default_factory=list)
    """What the validation finds."""
    ending: str = "live"
    """How deploys end."""
    queues: bool = False
    """Whether a deploy is answered with 202, and begins later."""
    reads: int = 2
    """How often a deploy is read before it has ended."""
    syncs: int = 2
    """How often a Blueprint is read before it is in sync."""
    numbers: count[int] = field(default_factory=lambda: count(1))

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Return the requests that write: a validation does not."""
        return [each for each in super().writes if each[1] != VALIDATE]

    def holds(self) -> Any:
        """Return everything that matters there, without identifiers."""
        return {
            "blueprints": [
                (each["repo"], each["path"], each["autoSync"], each["status"])
                for each in self.blueprints
            ],
            "made": {each["name"]: each for listing in self.made.values() for each in listing},
            "variables": self.variables,
            "deploys": {
                number: [each["status"] for each in deploys]
                for number, deploys in self.deploys.items()
            },
        }

    def create(self, text: str, values: dict[str, str], **fields: Any) -> dict[str, Any]:
        """Do in the Dashboard what a person does: create the Blueprint, with these values."""
        number, [project] = f"exs-{next(self.numbers):020}", yaml.safe_load(text)["projects"]
        [declared] = project["environments"]
        blueprint = {
            "id": number, "name": "lamps", "status": "in_sync", "autoSync": True,
            "repo": "https://github.com/lamps/shop", "branch": "main",
            "path": "render/render.yaml", "resources": [], **fields,
        }  # fmt: skip
        self.blueprints.append(blueprint)
        if blueprint["status"] != "error":
            for each in declared["services"]:
                made = (
                    self._cache(each) if each["type"] == "keyvalue" else self._service(each, values)
                )
                blueprint["resources"].append(made)
            blueprint["resources"] += [self._database(each) for each in declared["databases"]]
        return blueprint

    def one(self, path: str) -> dict[str, Any]:
        """Return the only thing of a kind."""
        [held] = self.made[path]
        return held

    def deploy(self, number: str, **fields: Any) -> dict[str, Any]:
        """Begin a deploy of a service."""
        begun = {"id": f"dep-{next(self.numbers)}", "status": "build_in_progress", **fields}
        self.deploys[number].insert(0, begun)
        return begun

    def _service(self, declared: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
        sample = self.description.answer("GET", "/v1/services", filled=True)[0]["service"]
        number = f"srv-{next(self.numbers)}"
        self.variables[number] = {
            entry["key"]: entry.get("value")
            or values.get(entry["key"], "" if "sync" in entry else f"made-for-{entry['key']}")
            for entry in declared["envVars"]
        }
        self.deploys[number] = []
        missing = not all(self.variables[number].values())
        self.deploy(number, status="update_failed" if missing else "live")
        details = {
            "env": "docker", "runtime": "docker", "plan": declared["plan"], "numInstances": 1,
            "region": declared["region"], "healthCheckPath": declared["healthCheckPath"],
            "buildPlan": "starter", "openPorts": [],
            "url": f"https://{declared['name']}.onrender.com",
            "envSpecificDetails": {
                "dockerCommand": "", "dockerContext": ".", "dockerfilePath": "./Dockerfile"
            },
        }  # fmt: skip
        return self._made("/services", number, declared["name"], sample, {
            "ownerId": self.owners[0]["id"], "repo": "https://github.com/lamps/shop",
            "dashboardUrl": f"https://dashboard.render.com/web/{number}", "suspenders": [],
            "suspended": "not_suspended", "type": "web_service", "serviceDetails": details,
        })  # fmt: skip

    def _database(self, declared: dict[str, Any]) -> dict[str, Any]:
        sample = self.description.answer("GET", "/v1/postgres", filled=True)[0]["postgres"]
        return self._made("/postgres", f"dpg-{next(self.numbers)}", declared["name"], sample, {
            "region": declared["region"], "plan": declared["plan"], "ipAllowList": [],
            "version": "18", "status": "available", "suspended": "not_suspended",
            "suspenders": [], "readReplicas": [],
            # Its client of October 2026 needs it, its description of June does not have it.
            "connectionPool": "none",
        })  # fmt: skip

    def _cache(self, declared: dict[str, Any]) -> dict[str, Any]:
        sample = self.description.answer("GET", "/v1/key-value", filled=True)[0]["keyValue"]
        return self._made("/key-value", f"red-{next(self.numbers)}", declared["name"], sample, {
            "region": declared["region"], "plan": declared["plan"].replace("-", "_"),
            "status": "available", "ipAllowList": [],
        })  # fmt: skip

    def _made(
        self, path: str, number: str, name: str, sample: Any, fields: dict[str, Any]
    ) -> dict[str, Any]:
        link = f"https://dashboard.render.com/d/{number}"
        made = {**sample, "dashboardUrl": link, **fields, "id": number, "name": name}
        self.made[path].append(made)
        return {"id": number, "name": name, "type": TYPES[path]}


class RenderHandler(Handler):
    """Answers as Render does."""

    held: Workspace

    def admit(self, body: bytes) -> None:
        """Refuse what the description does not have, and who has the wrong key or workspace."""
        try:
            self.held.description.judge(
                self.command, self.path, dict(self.headers), body, also=set()
            )
        except WrongCallError as error:
            self.held.wrong.append(str(error))
            raise refusal(400, str(error)) from error
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            raise refusal(401, "Unauthorized")

    def read(self, body: bytes) -> Any:
        """Return what a body says; of a form, its parts."""
        kind = self.headers["Content-Type"]
        if not kind.startswith("multipart/"):
            return super().read(body)
        form = email.message_from_bytes(f"Content-Type: {kind}\n\n".encode() + body)
        parts = [part for part in form.walk() if not part.is_multipart()]
        return {
            part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
            for part in parts
        }

    def judge_answer(self, status: int, answer: bytes) -> None:
        """Note what is not as described."""
        try:
            self.held.description.judge_answer(
                self.command, self.path, dict(self.headers), status, answer
            )
        except WrongCallError as error:
            self.held.wrong.append(f"the stand-in's answer to {self.path}: {error}")

    def carry_out(self, path: str, query: Any, given: Any) -> tuple[int, Any, str]:
        """Return status, content and no Link header, or raise a refusal."""
        path = path.removeprefix("/v1")
        if path == "/blueprints/validate":
            return 200, self._validation(given), ""
        if path in LISTINGS and self.command == "GET":
            return 200, self._page(LISTINGS[path], self._listing(path, query), query), ""
        if found := re.fullmatch("/blueprints/([^/]+)", path):
            return 200, self._blueprint(given, found[1]), ""
        _, _, number, *rest = path.split("/")
        if number not in self.held.variables:
            raise refusal(404, "not found: service")
        if rest == ["env-vars"] and self.command == "GET":
            pairs = self.held.variables[number].items()
            return 200, self._page("envVar", [{"key": k, "value": v} for k, v in pairs], query), ""
        if rest[:1] == ["env-vars"] and self.command == "PUT":
            self.held.variables[number][rest[1]] = given["value"]
            return 200, {"key": rest[1], "value": given["value"]}, ""
        if rest == ["deploys"]:
            return *self._deploys(number, query), ""
        raise refusal(404, "not found")

    def _validation(self, given: Any) -> Any:
        if given["ownerId"].decode() not in {each["id"] for each in self.held.owners}:
            raise refusal(403, "forbidden")
        yaml.safe_load(given["file"])
        problems = self.held.problems
        return {"valid": not problems, **({"errors": problems} if problems else {})}

    def _listing(self, path: str, query: Any) -> list[Any]:
        if path == "/owners":
            return self.held.owners
        if query.get("ownerId") != [OWNER["id"]]:
            return []
        if path == "/blueprints":
            return [
                {name: value for name, value in each.items() if name != "resources"}
                for each in self.held.blueprints
            ]
        return self.held.made[path]

    def _page(self, name: str, held: list[Any], query: Any) -> list[Any]:
        start, limit = int(query.get("cursor", ["0"])[0]), int(query.get("limit", ["20"])[0])
        page = list(enumerate(held, 1))[start : start + limit]
        return [{name: each, "cursor": str(number)} for number, each in page]

    def _blueprint(self, given: Any, number: str) -> Any:
        for each in self.held.blueprints:
            if each["id"] == number:
                if self.command == "PATCH":
                    each.update(given)
                    return {name: value for name, value in each.items() if name != "resources"}
                if each["status"] == "syncing":
                    self.held.syncs -= 1
                    each["status"] = "syncing" if self.held.syncs > 0 else "in_sync"
                return each
        raise refusal(404, "not found: blueprint")

    def _deploys(self, number: str, query: Any) -> tuple[int, Any]:
        if self.command == "POST":
            # A queued one is in no listing at first.
            begun = self.held.deploy(number, left=self.held.reads + 2 * self.held.queues)
            return (202, None) if self.held.queues else (201, _shown(begun))
        deploys = self.held.deploys[number]
        newest = deploys[0]
        if "left" in newest:
            newest["left"] -= 1
            if newest["left"] <= 0:
                newest["status"] = self.held.ending
                del newest["left"]
        shown = [_shown(each) for each in deploys if each.get("left", 0) <= self.held.reads]
        return 200, self._page("deploy", shown, query)


def _shown(deploy: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in deploy.items() if name != "left"}


@contextlib.contextmanager
def stand_in(judge: Description) -> Iterator[Workspace]:
    """Serve a workspace with nothing in it."""
    held = Workspace(description=judge)
    with serving(held, RenderHandler):
        yield held
