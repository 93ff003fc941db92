"""Vercel: the project, its settings, and the variables of the contract.

The calls are those of Vercel's published description of 2025-10-29 and of its SDK 1.28.35.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from tools import contract
from tools.checks import code
from tools.repository import CONTRACT, VERCEL_PROJECT, Repository

from luma.live.account import BaseAccount
from luma.live.engine import HIDDEN, After, Fields, Known, Resource, Step, Vendor, as_text
from luma.live.transport import Api, Transport, open_transport
from luma.problems import LumaError

API = Api(
    name="Vercel",
    hosts=frozenset({"api.vercel.com"}),
    variable="VERCEL_TOKEN",
    permissions=(
        "At https://vercel.com/account/settings/tokens, create a token for the team that the store "
        "belongs to."
    ),
    base_variable="VERCEL_BASE_URL",
    reset_header="X-RateLimit-Reset",
)
TEAM = "VERCEL_TEAM"
PREVIEW_ORIGIN = "API_ORIGIN of previews"
READABLE = "plain"
"""The type of variables whose value Vercel shows."""


class Account(BaseAccount):
    """A team, or a person without one, and one project there."""

    def __init__(self, transport: Transport, team: Any, name: str) -> None:
        super().__init__(transport)
        self._team = team
        self.name = name

    @property
    def owner(self) -> str:
        """Return whose projects these are, for a person."""
        return f"team {self._team['slug']}" if self._team else "the token's own account"

    def page(self, path: str) -> str:
        """Return the address of a page where a person can do something."""
        if not self._team:
            return "https://vercel.com/dashboard"
        return f"https://vercel.com/{self._team['slug']}/{self.name}/{path}"

    def send(
        self, method: str, path: str, body: Any, query: Mapping[str, str] | None = None
    ) -> Any:
        """Send what writes, in the name of the team; return the content of the answer."""
        together = {**(query or {}), **self._of_team}
        address = f"{path}?{urlencode(together)}" if together else path
        return self._transport.send(method, address, body).json()

    @property
    def project(self) -> Any:
        """Return the project; None where there is none."""
        return self._one(f"/v9/projects/{self.name}", self._of_team)

    @property
    def variables(self) -> list[Any]:
        """Return the project's variables, without those of a branch or of other environments.

        Raises:
            LumaError: there are more than Vercel shows at once.

        """
        held = self._one(f"/v10/projects/{self.name}/env", self._of_team) or {"envs": []}
        if (held.get("pagination") or {}).get("next"):
            raise LumaError("Vercel shows only a part of the project's variables.")
        return [
            each
            for each in held["envs"]
            if not each.get("gitBranch") and not each.get("customEnvironmentIds")
        ]

    @property
    def _of_team(self) -> dict[str, str]:
        return {"teamId": self._team["id"]} if self._team else {}


class Project(Resource):
    """The project, and the repository that it builds."""

    def __init__(self, account: Account, repository: str, declared: Mapping[str, str]) -> None:
        self.title = f"project {account.name}"
        self.declared_in = (VERCEL_PROJECT,)
        self._account = account
        self._repository = repository
        self._declared = {
            "framework": declared["framework"],
            "rootDirectory": declared["root_directory"],
        }

    def wanted(self) -> Fields:
        """Return the declared fields."""
        return {"repository": self._repository, **self._declared}

    def found(self) -> Fields | None:
        """Return the project's fields.

        Raises:
            LumaError: it is another repository's.

        """
        held = self._account.project
        if held is None:
            return None
        link = held.get("link") or {}
        repository = f"{link.get('org')}/{link.get('repo')}" if link else ""
        if repository.lower() not in {"", self._repository.lower()}:
            raise LumaError(
                f"The project {self._account.name} is there already, and builds {repository} "
                f"instead of {self._repository}: rename it at {self._account.page('settings')}"
            )
        linked = {"repository": self._repository if repository else ""}
        return linked | {name: as_text(held.get(name)) for name in self._declared}

    def waits_for(self) -> Step | None:
        """Wait for the repository, where the project is there without one."""
        held = self._account.project
        if held is None or held.get("link"):
            return None
        text = f"Connect the project {self._account.name} to {self._repository}:"
        return Step(text, self._account.page("settings/git"))

    def write(self) -> None:
        """Create the project with its repository, or set what else differs."""
        if self._account.project:
            self._account.send("PATCH", f"/v9/projects/{self._account.name}", self._declared)
            return
        linked = {"type": "github", "repo": self._repository}
        body = {"name": self._account.name, **self._declared, "gitRepository": linked}
        self._account.send("POST", "/v11/projects", body)


class Settings(Resource):
    """What Vercel does not take when it creates a project."""

    comes_with_parent = True

    def __init__(self, account: Account, declared: Mapping[str, str]) -> None:
        self.title = f"settings of {account.name}"
        self.declared_in = (VERCEL_PROJECT,)
        self._account = account
        self._declared = {
            "nodeVersion": declared["node_version"],
            # The storefront reads vercel/, storage/ and monitoring/, which lie beside it.
            "sourceFilesOutsideRootDirectory": True,
            "resourceConfig": {"functionDefaultRegions": [declared["function_region"]]},
        }

    def wanted(self) -> Fields:
        """Return the declared settings."""
        return _settings(self._declared)

    def found(self) -> Fields | None:
        """Return the project's settings."""
        held = self._account.project
        return held and _settings(held)

    def write(self) -> None:
        """Set them."""
        self._account.send("PATCH", f"/v9/projects/{self._account.name}", self._declared)


def _settings(project: Any) -> Fields:
    return {
        "nodeVersion": as_text(project.get("nodeVersion")),
        "sourceFilesOutsideRootDirectory": as_text(project.get("sourceFilesOutsideRootDirectory")),
        "function region": as_text(project["resourceConfig"].get("functionDefaultRegions")),
    }


class Variable(Resource):
    """A variable of the contract, in the environments where its value has the same source."""

    def __init__(self, account: Account, declared: Mapping[str, Any], known: Known) -> None:
        self.title = f"variable {declared['key']} of {as_text(declared['target'])}"
        self.declared_in = (CONTRACT, declared["key"])
        self._account = account
        self._declared = declared
        self._known = known

    @property
    def _value(self) -> str | None:
        """Return its value, where it is declared, or another vendor or this machine knows it."""
        key = self._declared["key"]
        return self._declared.get("value") or self._known.get(key) or os.environ.get(key) or None

    @property
    def held(self) -> Any:
        """Return the variable where it is set in one of the environments; None where in none.

        Raises:
            LumaError: it is set separately in several of them.

        """
        found = [
            each
            for each in self._account.variables
            if each["key"] == self._declared["key"]
            and set(each.get("target") or ()) & set(self._declared["target"])
        ]
        if len(found) > 1:
            raise LumaError(
                f"The {self.title} is set {len(found)} times: keep one at "
                f"{self._account.page('settings/environment-variables')}"
            )
        return found[0] if found else None

    def wanted(self) -> Fields:
        """Return the declared fields; a secret's value never."""
        fields = {name: as_text(self._declared[name]) for name in ("type", "target")}
        if self._value is None:
            return fields
        is_secret = self._declared["type"] != READABLE
        return fields | {"value": HIDDEN if is_secret else self._value}

    def found(self) -> Fields | None:
        """Return the variable's fields; its value only where Vercel shows it."""
        held = self.held
        if held is None:
            return None
        fields = {name: as_text(held.get(name)) for name in ("type", "target")}
        wanted = self.wanted()
        if "value" in wanted:
            is_shown = held["type"] == self._declared["type"] == READABLE
            fields["value"] = held["value"] if is_shown else wanted["value"]
        return fields

    def waits_for(self) -> Step | After | None:
        """Wait for a value that only a person or another vendor knows."""
        if self._value is not None or self.held:
            return None
        if after := self._known.waits_for(self._declared["key"]):
            return after
        key, comment = self._declared["key"], self._declared["comment"]
        link = self._account.page("settings/environment-variables")
        return Step(f"Set {key} for this command, or in Vercel ({comment}):", link)

    def write(self) -> None:
        """Create the variable, or set it where it is."""
        held, path = self.held, f"projects/{self._account.name}/env"
        body = {name: self._declared[name] for name in ("type", "target", "comment")}
        if self._value is not None:
            body["value"] = self._value
            if self._declared["type"] != READABLE:
                self._account.hide(self._value)
        if held:
            self._account.send("PATCH", f"/v9/{path}/{held['id']}", body)
            return
        body["key"] = self._declared["key"]
        answer = self._account.send("POST", f"/v10/{path}", [body], {"upsert": "true"})
        # Vercel answers 201 to what it did not take, too.
        if failed := [each["error"] for each in answer["failed"]]:
            reason = f"{failed[0].get('code')}: {failed[0].get('message')}"
            refused = f"Vercel did not take {self._declared['key']}: {reason.rstrip('.')}."
            raise LumaError(self._account.masked(refused))


class Vercel(Vendor):
    """The store's declarations for Vercel."""

    name = "Vercel"

    def __init__(self, account: Account, repository: Repository, known: Known) -> None:
        read = set(_read(repository))
        declared = [
            each for each in contract.vercel_variables(repository.contract) if each["key"] in read
        ]
        settings = repository.vercel_project
        self.account = account.owner
        self._account = account
        self._variables = [Variable(account, each, known) for each in declared]
        self.resources: list[Resource] = [
            Project(account, repository.answers["repository"], settings),
            Settings(account, settings),
            *self._variables,
        ]

    def forget(self) -> None:
        """Read everything again from now on."""
        self._account.forget()

    def carries(self) -> dict[str, str]:
        """Return the API's address that previews have; empty where Vercel does not show it."""
        for each in self._account.variables:
            if each["key"] == "API_ORIGIN" and "preview" in (each.get("target") or ()):
                return {PREVIEW_ORIGIN: each["value"] if each["type"] == READABLE else ""}
        return {}

    def undeclared(self) -> Iterator[str]:
        """Return the variables that the contract does not have, or not in that environment."""
        declared = {held["id"] for variable in self._variables if (held := variable.held)}
        for each in self._account.variables:
            if each["id"] not in declared:
                yield f"variable {each['key']} of {as_text(each.get('target'))}"

    def unreadable(self) -> Iterator[str]:
        """Return the variables whose value Vercel keeps to itself."""
        for variable in self._variables:
            held = variable.held
            if held and held["type"] != READABLE:
                yield f"value of {variable.title}"


def connect(repository: Repository, known: Known, *, read_only: bool) -> Vercel:
    """Return what a store declares for Vercel, and the team to compare it with.

    `known` grows while other vendors are set up; what it lacks is taken from the environment.

    Raises:
        LumaError: nobody can tell which team it is.

    """
    transport = open_transport(API, "https://api.vercel.com", read_only=read_only)
    name = repository.vercel_project["name"]
    account = Account(transport, _team(transport), name)
    return Vercel(account, repository, known)


def _read(repository: Repository) -> Iterator[str]:
    """Return the variables that code on Vercel reads: an older store's may not read them all."""
    unread = set(code.unread(repository))
    on_vercel = {
        name for name, process in repository.contract.processes.items() if process.place == "vercel"
    }
    for name, variable in repository.contract.variables.items():
        if any((name, process) not in unread for process in on_vercel & {*variable.used_by}):
            yield name


def _team(transport: Transport) -> Any:
    """Return the team that the store belongs to; None for a person without teams.

    Raises:
        LumaError: there are several, or none of that name.

    """
    given, teams, query = os.environ.get(TEAM, ""), [], {"limit": "100"}
    while True:
        answer = transport.get("/v2/teams", query)
        page = answer.json() if answer else {"teams": [], "pagination": {}}
        teams += page["teams"]
        following = page["pagination"].get("next")
        if not following:
            break
        query["until"] = str(following)
    fitting = [team for team in teams if given in {"", team["slug"], team["id"]}]
    if len(fitting) == 1:
        return fitting[0]
    if not given and not teams:
        return None
    slugs = as_text([team["slug"] for team in teams])
    raise LumaError(f"Set {TEAM} to the team that the store belongs to, one of: {slugs}.")
