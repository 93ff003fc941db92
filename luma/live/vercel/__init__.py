"""Vercel: the project, its variables, its production deployment and its domain.

The calls are those of Vercel's published description of 2025-10-29 and of its SDK 1.28.35.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tools import additions, contract
from tools.checks import code
from tools.repository import VERCEL, Repository

from luma.live.engine import Known, Resource, Vendor, as_text
from luma.live.site import SITE, STOREFRONT_ORIGIN, at_address, site
from luma.live.transport import Transport, open_transport
from luma.live.vercel.account import API, PREVIEW_ORIGIN, READABLE, TEAM, Account
from luma.live.vercel.deployment import Deployment, Secret
from luma.live.vercel.domain import Domain
from luma.live.vercel.project import Project, Settings, Site, Variable
from luma.problems import LumaError

RECORDER = "NEXT_PUBLIC_LOGROCKET_APP_ID"
_APP_ID = re.compile(r"[\w-]+/[\w-]+")


class Vercel(Vendor):
    """The store's declarations for Vercel."""

    name = "Vercel"
    promises = (SITE, STOREFRONT_ORIGIN, "VERCEL_ORG_ID", "VERCEL_PROJECT_ID")

    def __init__(self, account: Account, repository: Repository, known: Known) -> None:
        read = set(_read(repository))
        declared = [
            each for each in contract.vercel_variables(repository.contract) if each["key"] in read
        ]
        settings = repository.vercel_project
        self.account = account.owner
        self._account = account
        self._repository = repository
        self._known = known
        required = {*_required(repository)}
        self._variables = [
            _kind(each)(account, each, known, is_optional=each["key"] not in required)
            for each in declared
        ]
        project = self._project = Project(account, repository.answers["repository"], settings)
        # Vercel says the storefront's address when it has deployed, at the latest.
        needed = required - {SITE}
        deployment = Deployment(account, project, self._variables, needed, _workflow(repository))
        domain = repository.answers["domain"]
        self.resources: list[Resource] = [
            project,
            Settings(account, settings),
            *self._variables,
            deployment,
            *([Domain(account, domain, deployment)] if domain else []),
        ]

    def forget(self) -> None:
        """Read everything again from now on."""
        self._account.forget()

    def undeclared(self) -> Iterator[str]:
        """Return the variables that the contract does not have, or not in that environment."""
        declared = {held["id"] for variable in self._variables if (held := variable.held)}
        for each in self._account.variables:
            if each["id"] not in declared:
                yield f"variable {each['key']} of {as_text(each.get('target'))}"

    def carries(self) -> dict[str, str]:
        """Return the project's numbers, and its addresses where nobody has declared them.

        The API's address that previews have is empty where Vercel does not show it.
        """
        held = self._account.project
        if held is None:
            return {}
        carried = {"VERCEL_ORG_ID": held.get("accountId", ""), "VERCEL_PROJECT_ID": held["id"]}
        for each in self._account.variables:
            shown = each["value"] if each["type"] == READABLE else ""
            if each["key"] == "API_ORIGIN" and "preview" in (each.get("target") or ()):
                carried[PREVIEW_ORIGIN] = shown
        if not site(self._repository, self._known) and (address := self._address):
            carried |= at_address(address)
        return carried

    @property
    def _address(self) -> str:
        """Return the storefront's address: as a person has set it, else as Vercel gives it."""
        set_ = [each["value"] for each in self._account.variables
                if each["key"] == SITE and each["type"] == READABLE]  # fmt: skip
        return set_[0] if set_ else self._account.address

    def secret(self, name: str) -> Secret:
        """Return a secret of production, which is to be replaced.

        Raises:
            LumaError: it is not set as declared yet.

        """
        for each in self._variables:
            if each.key == name and "production" in each.targets and each.is_as_declared:
                return Secret(self._account, self._project, each, _workflow(self._repository))
        raise LumaError(f"{name} is not in Vercel as declared yet: run make live first.")

    def unset(self) -> Iterator[str]:
        """Return the optional variables that nobody has said."""
        for variable in self._variables:
            if variable.is_unset:
                yield f"{variable.title} ({variable.comment})"

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
        LumaError: nobody can tell which team it is, or the recorder's App ID can be none.

    """
    recorder = known.value(RECORDER) if RECORDER in repository.contract.variables else ""
    if recorder and not _APP_ID.fullmatch(recorder):
        raise LumaError(
            f"{RECORDER} is no App ID: it must be organisation/app, as LogRocket shows it under "
            "Settings, Project Setup."
        )
    transport = open_transport(API, "https://api.vercel.com", read_only=read_only)
    name = repository.vercel_project["name"]
    account = Account(transport, _team(transport), name, writes=not read_only)
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


def _kind(declared: Mapping[str, Any]) -> type[Variable]:
    return Site if declared["key"] == SITE and "value" not in declared else Variable


def _required(repository: Repository) -> Iterator[str]:
    """Return the variables that have to be there in production."""
    for name, variable in repository.contract.variables.items():
        if "production" in variable.required_in:
            yield name


def _workflow(repository: Repository) -> str:
    """Return the page of the workflow that deploys the storefront; empty where Vercel does."""
    if not repository.own(VERCEL).get(additions.DEPLOY_FROM_CI):
        return ""
    return f"https://github.com/{repository.answers['repository']}/actions/workflows/ci.yml"


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
