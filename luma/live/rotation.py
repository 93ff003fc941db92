"""Replace a secret in the order in which no request fails, from wherever it was interrupted.

While it is replaced, a secret has two values, with a comma. Who sends it uses the first, who is
sent it takes each, as `render/api/limits.py` says. The hosts tell how far it is: Render by the
number of values, Vercel, which never shows them, by the variable's comment. What a vendor has
issued, and what the store's code takes only one of, is replaced in one go.
"""

from __future__ import annotations

import ast
import os
import re
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from tools.checks import code
from tools.contract import UNSET, Contract, Source
from tools.repository import Repository

from luma.live import render, vercel
from luma.live.engine import HIDDEN, SEPARATOR, After, Fields, Known, Resource, Step, Vendor
from luma.live.transport import ask_secret
from luma.problems import LumaError

BYTES = 32
"""Of chance in a new secret."""
CONNECT: Mapping[str, Callable[..., render.Render | vercel.Vercel]] = {
    "render": render.connect,
    "vercel": vercel.connect,
}
"""In the order in which hosts get a new value: Render, which generates secrets, is the first."""
TAKES_TWO: Mapping[str, tuple[str, str, str]] = {
    "ADMIN_TOKEN": ("render.api.limits", "matches", ""),
    "REVALIDATE_SECRET": ("render.api.limits", "parts", r"\brevalidateSecrets\b"),
    "STOREFRONT_SECRET": ("render.api.service", "create_service", ""),
}
"""By what code is known that takes two values: what the API imports, and the storefront has."""
BEGUN = {
    (True, False): 0, (True, True): 1, (False, True): 2, (False, False): 3,
    (True,): 0, (False,): 1,
}  # fmt: skip
"""The last step that is set, by which hosts have two values. After the last one, none has."""
ONLY_SENT = {"STOREFRONT_SECRET"}
"""What the storefront sends and never takes, so that one value is enough there."""
PAGES = {
    "CLOUDINARY_URL": "https://console.cloudinary.com/settings/api-keys",
    "SENTRY_AUTH_TOKEN": (
        "https://sentry.io/orgredirect/organizations/:orgslug/settings/auth-tokens/"
    ),
}
"""Where vendors issue secrets, and revoke them."""
EARLIER, TWO, NEW = "the earlier one", "the earlier one and a new one", "the new one"
STARTED = (
    "This goes on with what was begun before, or waits for a deploy that is not done. To replace "
    "the secret once more, run it again afterwards."
)
TAKEN_AWAY = (
    "This takes the earlier {name} away: by now, whoever uses it needs the new one, which is after "
    "the comma at {page}"
)
AT_ONCE = (
    "The code of this store takes one value at a time: between the first step and the last, what "
    "is sent with the other one is refused."
)


class Host(Protocol):
    """Where a secret is held."""

    name: str

    @property
    def deploy(self) -> Resource:
        """Return what brings a value into use."""

    @property
    def value(self) -> str:
        """Return what is set; empty where the host never shows it."""

    @property
    def has_two(self) -> bool:
        """Return whether two values are set."""

    @property
    def page(self) -> str:
        """Return where a person sees it or sets it."""

    def hide(self, value: str) -> None:
        """Let a value appear in no message."""

    def set(self, value: str) -> None:
        """Set one value, or two with a comma, and let that be seen."""


class Change(Resource):
    """A value, set at one host and in use there."""

    def __init__(
        self,
        title: str,
        host: Host,
        value: str,
        shown: tuple[str, str],
        deploys: Sequence[Resource],
    ) -> None:
        """Return one that needs each of the deploys to be possible before anything is set."""
        self.title = title
        self.is_set = self.is_done = False
        self.first: Step | None = None
        """What a person has to do before."""
        self._host = host
        self._value = value
        self._before, self._after = shown
        self._deploys = deploys

    def wanted(self) -> Fields:
        """Return which value it has to be."""
        return {"value": self._after}

    def found(self) -> Fields:
        """Return which value it is."""
        return {"value": self._after if self.is_done else self._before}

    def waits_for(self) -> Step | After | None:
        """Wait for a person, or for a deploy that this cannot begin."""
        if self.first:
            return self.first
        return next((step for each in self._deploys if (step := each.waits_for())), None)

    def write(self) -> None:
        """Set it, and deploy."""
        if not self.is_set:
            self._host.set(self._value)
            self.is_set = True
        self._host.deploy.write()
        # Where CI deploys, this only waits for it.
        self.is_done = in_use(self._host)


class Person(Resource):
    """What a person does, and nobody can see afterwards."""

    def __init__(self, title: str, step: Step) -> None:
        self.title = title
        self._step = step

    def wanted(self) -> Fields:
        """Return that it has to be done."""
        return {"state": "done"}

    def found(self) -> Fields:
        """Return that nobody knows."""
        return {"state": "not known"}

    def waits_for(self) -> Step:
        """Wait for the person."""
        return self._step

    def write(self) -> None:
        """Refuse it.

        Raises:
            LumaError: always.

        """
        raise LumaError(f"The {self.title} is for a person.")


class Rotation(Vendor):
    """The steps that replace one secret."""

    whole = "is replaced, and the earlier one is accepted no more"

    def __init__(self, name: str, vendors: Sequence[Vendor]) -> None:
        self.name = name
        self.account = f"in {' and '.join(vendor.name for vendor in vendors)}"
        self.note = ""
        """What a person should know before anything is written."""
        self.resources: list[Resource] = []
        self._vendors = vendors

    @property
    def is_set(self) -> bool:
        """Return whether no run has to set anything more."""
        changes = [each for each in self.resources if isinstance(each, Change)]
        return bool(changes) and changes[-1].is_set

    def forget(self) -> None:
        """Read everything again from now on."""
        for vendor in self._vendors:
            vendor.forget()

    def undeclared(self) -> Iterator[str]:
        """Return nothing: this looks at one secret."""
        return iter(())


def in_use(host: Host) -> bool:
    """Return whether a host runs with what is set there."""
    return host.deploy.found() == host.deploy.wanted()


def connect(repository: Repository, name: str) -> Rotation:
    """Return the steps that replace a secret, as far as they are not done.

    Raises:
        LumaError: it is no secret that this can replace, or is not set yet.

    """
    sources = _sources(repository.contract, name)
    connected = [
        connect_vendor(repository, Known(), read_only=False)
        for place, connect_vendor in CONNECT.items()
        if place in sources
    ]
    hosts: list[Host] = [each.secret(name) for each in connected]
    rotation = Rotation(name, connected)
    if sources.get("render", UNSET).kind != "generated":
        _issued(rotation, next(iter(sources.values())).detail, hosts)
    elif _takes_two(repository, name):
        _step_by_step(rotation, hosts)
    else:
        _at_once(rotation, hosts)
    return rotation


def _sources(contract: Contract, name: str) -> dict[str, Source]:
    """Return by place where a secret comes from that this can replace there.

    Raises:
        LumaError: it is none.

    """
    fitting = {each: found for each in contract.variables if (found := _held(contract, each))}
    if name in fitting:
        return fitting[name]
    declared = contract.variables.get(name)
    kinds = {each.kind for each in declared.production.values()} if declared else set()
    if declared is None:
        reason = f"There is no secret {name}"
    elif declared.kind != "secret":
        reason = f"{name} is no secret"
    elif kinds & {"database", "key_value"}:
        reason = (
            f"{name} comes from the Blueprint: at https://dashboard.render.com, make a new "
            "credential, and press Manual Sync of the Blueprint"
        )
    else:
        where = "; ".join(each.detail for each in declared.production.values())
        reason = f"{name} is not held by Render or Vercel: replace it where it is used ({where})"
    raise LumaError(f"{reason}. This replaces {', '.join(fitting)}.")


def _held(contract: Contract, name: str) -> dict[str, Source]:
    """Return by place where a secret comes from that Vercel or the API has."""
    variable, of_api = contract.variables[name], contract.processes["api"].service
    if variable.kind != "secret":
        return {}
    return {
        place: source
        for place, source in variable.production.items()
        if source.kind in {"generated", "person"}
        and (place == "vercel" or (place == "render" and variable in contract.read_by(of_api)))
    }


def _takes_two(repository: Repository, name: str) -> bool:
    """Return whether the store's own code, which may be an older release's, takes two values."""
    if name not in TAKES_TWO:
        return False
    module, taken, in_storefront = TAKES_TWO[name]
    api = (code.text_of(path) for path in code.sources(repository, "api", {".py"}))
    storefront = (code.text_of(path) for path in code.sources(repository, "storefront", {".ts"}))
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == module
        and taken in {each.name for each in node.names}
        for text in api
        for node in code.nodes(text)
    ) and any(re.search(in_storefront, text) for text in storefront)


def _step_by_step(rotation: Rotation, hosts: Sequence[Host]) -> None:
    """Let each host in turn have two values before one of them uses the new one, then only that."""
    name = rotation.name
    turns = [*hosts, *hosts][: -1 if name in ONLY_SENT else None]
    begun = min(BEGUN[tuple(host.has_two for host in hosts)], len(turns) - 1)
    done = begun + in_use(turns[begun])
    values = hosts[0].value.split(SEPARATOR)
    old, new, rotation.note = values[0], values[-1], STARTED
    if done == len(turns):
        begun, done, new, rotation.note = -1, 0, secrets.token_urlsafe(BYTES), ""
    for host in hosts:
        for value in (old, new):
            host.hide(value)
    for number, host in enumerate(turns):
        is_last = host not in turns[number + 1 :]
        both = (old, new) if host is hosts[0] else (new, old)
        value = new if is_last else SEPARATOR.join(both)
        before = EARLIER if host not in turns[:number] else TWO
        change = _change(rotation, host, value, (before, NEW if is_last else TWO), hosts)
        change.is_set, change.is_done = number <= begun, number < done
    if len(hosts) == 1 and hosts[0].has_two and done == 1:
        rotation.note = TAKEN_AWAY.format(name=name, page=hosts[0].page)
    if len(hosts) == 1 and done == 0:
        change.first = Step(
            f"Give the new {name}, which is after the comma, to everybody who uses it. Then run "
            "this again, which takes the earlier one away:",
            hosts[0].page,
        )


def _at_once(rotation: Rotation, hosts: Sequence[Host]) -> None:
    """Give each host a new value in place of the earlier one."""
    new = secrets.token_urlsafe(BYTES)
    rotation.note = AT_ONCE
    for host in hosts:
        host.hide(new)
        _change(rotation, host, new, (EARLIER, NEW), hosts)
    if len(hosts) == 1:
        step = Step(f"Give the new {rotation.name} to everybody who uses it:", hosts[0].page)
        rotation.resources.append(Person(f"those who use {rotation.name}", step))


def _issued(rotation: Rotation, source: str, hosts: Sequence[Host]) -> None:
    """Give each host what a vendor has issued to a person, who revokes the earlier one then.

    Raises:
        LumaError: it is the earlier one.

    """
    name = rotation.name
    page = PAGES.get(name, hosts[0].page)
    make = f"Make a new one ({source})"
    if not os.environ.get(name) and not sys.stdin.isatty():
        step = Step(f"{make}, and set {name} to it for this command:", page)
        rotation.resources.append(Person(f"new {name}", step))
        return
    new = ask_secret(name, name, f"{make}: {page}")
    is_set = new == hosts[0].value
    if is_set and in_use(hosts[0]):
        raise LumaError(f"{hosts[0].name} has this {name} already. {make}: {page}")
    for host in hosts:
        host.hide(new)
        change = _change(rotation, host, new, (EARLIER, HIDDEN), hosts)
        change.is_set = is_set and host is hosts[0]
    step = Step(f"Revoke the earlier {name} where the new one was made:", page)
    rotation.resources.append(Person(f"earlier {name}", step))


def _change(
    rotation: Rotation, host: Host, value: str, shown: tuple[str, str], hosts: Sequence[Host]
) -> Change:
    """Return the next step of a rotation."""
    title = f"step {len(rotation.resources) + 1}, {rotation.name} in {host.name}"
    deploys = [each.deploy for each in hosts]
    change = Change(title, host, value, shown, deploys)
    rotation.resources.append(change)
    return change
