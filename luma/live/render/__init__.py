"""Render: the Blueprint, what it makes, the values that it leaves open, and the deploy after them.

No call creates or syncs a Blueprint: a person does that, and this sees that it is done. What the
Blueprint sets is compared and never written. The calls are those of Render's published description
of 2026-06-13.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from tools.checks import blueprint as declarations
from tools.repository import BLUEPRINT, Repository

from luma.live.engine import SEPARATOR, Known, Vendor, as_text
from luma.live.render.account import API, VALIDATE, Account, pages
from luma.live.render.blueprint import Blueprint, Made, Sync
from luma.live.render.values import LIVE, MARK, Deploy, Secret, Value
from luma.live.transport import Transport, open_transport
from luma.problems import LumaError

WORKSPACE = "RENDER_WORKSPACE"
ORIGIN = "API_ORIGIN"
CARRIED = {"render": "generated", "vercel": "person"}
"""Where the values of a variable come from that is carried."""
RELEASE, REQUIRED, ADMIN_TOKEN = (
    "RENDER_GIT_COMMIT", "REQUIRE_STOREFRONT_SECRET", "ADMIN_TOKEN"
)  # fmt: skip
"""What else is told of the API, so that it can be checked while it runs."""


class Render(Vendor):
    """The store's declarations for Render."""

    name = "Render"

    def __init__(self, account: Account, repository: Repository, known: Known) -> None:
        self.account = f"workspace {account.workspace['name']}"
        self._account = account
        self._contract = contract = repository.contract
        self.promises = [ORIGIN, *filter(self._is_carried, contract.variables)]
        declared = declarations.services(repository)
        self._variables = {each["name"]: each.get("envVars") or [] for each in declared}
        sources = {
            each.name: each.production["render"].detail for each in contract.typed_at("render")
        }
        asked = {
            name: {
                entry["key"]: sources.get(entry["key"], "a value of your own")
                for entry in entries
                if entry.get("sync") is False
            }
            for name, entries in self._variables.items()
        }
        self._blueprint = blueprint = Blueprint(account, repository, asked)
        self._services = {
            each["name"]: Made(account, blueprint, _path(each), each) for each in declared
        }
        self.resources = [
            blueprint,
            Sync(account, blueprint),
            *self._services.values(),
            *(
                Made(account, blueprint, "/postgres", each)
                for each in declarations.databases(repository)
            ),
        ]
        for name, made in self._services.items():
            values = [Value(account, made, *each, known) for each in asked[name].items()]
            self.resources += [*values, Deploy(account, made, values)] if values else ()

    def forget(self) -> None:
        """Read everything again from now on."""
        self._account.forget()

    def undeclared(self) -> Iterator[str]:
        """Return what the Blueprint no longer declares, and the API's variables that others set."""
        yield from self._blueprint.undeclared()
        name = self._contract.processes["api"].service
        declared = {MARK, *self._contract.variables}
        declared |= {entry["key"] for entry in self._variables[name] if "key" in entry}
        for key in self._values:
            if key not in declared:
                yield f"variable {key} of {name}"

    def carries(self) -> dict[str, str]:
        """Return the API's address and commit, and the values that are needed elsewhere."""
        api = self._api.held
        if api is None:
            return {}
        carried = {ORIGIN: api["serviceDetails"]["url"]}
        newest = self._account.newest_deploy(api)
        if newest["status"] == LIVE and newest.get("commit"):
            carried[RELEASE] = newest["commit"]["id"]
        for name, value in self._values.items():
            if self._is_carried(name) or name in {REQUIRED, ADMIN_TOKEN}:
                # While a secret is replaced, the first of its two values is the one in use.
                carried[name] = value.partition(SEPARATOR)[0]
        return carried

    def secret(self, name: str) -> Secret:
        """Return a secret of the API, which is to be replaced.

        Raises:
            LumaError: it is not set yet.

        """
        return Secret(self._account, self._api, name)

    def _is_carried(self, name: str) -> bool:
        variable = self._contract.variables.get(name)
        sources = variable.production if variable else {}
        return {place: each.kind for place, each in sources.items()} == CARRIED

    @property
    def _api(self) -> Made:
        return self._services[self._contract.processes["api"].service]

    @property
    def _values(self) -> dict[str, str]:
        api = self._api.held
        return self._account.variables(api) if api else {}


def connect(repository: Repository, known: Known, *, read_only: bool) -> Render:
    """Return what a store declares for Render, and the workspace to compare it with.

    `known` grows while other vendors are set up; what it lacks is taken from the environment.

    Raises:
        LumaError: Render refuses the Blueprint, or nobody can tell which workspace it is.

    """
    transport = open_transport(API, "https://api.render.com/v1", read_only=read_only)
    workspace = _workspace(transport)
    _validate(transport, workspace, repository.text(BLUEPRINT))
    return Render(Account(transport, workspace, waits=not read_only), repository, known)


def _workspace(transport: Transport) -> Any:
    """Return the workspace that the store belongs to.

    Raises:
        LumaError: there are several, or none of that name.

    """
    given, held = os.environ.get(WORKSPACE, ""), list(pages(transport, "/owners", {}))
    fitting = [each for each in held if given in {"", each["name"], each["id"]}]
    if len(fitting) == 1:
        return fitting[0]
    known = as_text([f"{each['id']} ({each['name']})" for each in held])
    raise LumaError(f"Set {WORKSPACE} to the workspace that the store belongs to, one of: {known}.")


def _validate(transport: Transport, workspace: Any, text: str) -> None:
    """Have Render read the Blueprint's file, which changes nothing there.

    Raises:
        LumaError: Render would not take it. It answers that with 200.

    """
    file = (BLUEPRINT, text.encode(), "application/yaml")
    answer = transport.post_form(VALIDATE, {"ownerId": workspace["id"]}, file).json()
    if answer["valid"]:
        return
    problems = [
        f"{BLUEPRINT}: line {each.get('line', '?')}, {each.get('path', '?')}: {each['error']}"
        for each in answer.get("errors") or ()
    ]
    raise LumaError(
        "\n".join(problems) or f"Render does not take {BLUEPRINT}, and gives no reason."
    )


def _path(service: Mapping[str, Any]) -> str:
    return "/key-value" if service["type"] in {"keyvalue", "redis"} else "/services"
