"""The environment contract: each variable, who reads it and where its value comes from.

It is declared in env.yml and env.own.yml. What Render, Vercel and a laptop have to be told of it
is derived here, and nowhere else. Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

_Declared = TypeVar("_Declared")

ENVIRONMENTS = ("local", "preview", "production")
SOURCE_KINDS = {
    "value", "generated", "database", "key_value", "platform", "person", "dev", "unset",
}  # fmt: skip
"""What env.yml says about each kind at its top."""


class ContractError(Exception):
    """A declaration has the wrong structure: `where` names it, the text says what is wrong."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(message)
        self.where = where


@dataclass(frozen=True)
class Source:
    """Where a value comes from: one of SOURCE_KINDS, with the value, property or reason."""

    kind: str
    detail: str = ""


UNSET = Source("unset")


@dataclass(frozen=True)
class Process:
    """A program that reads variables: where it runs, and as which of the Blueprint's services."""

    place: str
    service: str = ""


@dataclass(frozen=True)
class Variable:
    """One environment variable.

    `kind` is `public` (ends up in the browser), `config` or `secret`. `preview` and `production`
    map a place (`vercel`, `render`, `operator`) to the source of the value there.
    """

    name: str
    purpose: str
    kind: str
    used_by: tuple[str, ...]
    required_in: tuple[str, ...]
    local: Source
    preview: Mapping[str, Source]
    production: Mapping[str, Source]

    def sources(self, environment: str) -> Mapping[str, Source]:
        """Return the source by place; a laptop is one place for every process."""
        if environment == "local":
            return {"laptop": self.local}
        return self.preview if environment == "preview" else self.production

    @property
    def is_set(self) -> bool:
        """Return whether it has a value outside a laptop, before anybody adds one."""
        sources = [*self.preview.values(), *self.production.values()]
        return any(source.kind != "unset" for source in sources)


@dataclass(frozen=True)
class Contract:
    """Every process and every variable, by name and in the order of their declaration."""

    processes: Mapping[str, Process]
    variables: Mapping[str, Variable]

    def read_by(self, service: str) -> list[Variable]:
        """Return the variables that the processes of a service read."""
        names = {name for name, process in self.processes.items() if process.service == service}
        return [each for each in self.variables.values() if names.intersection(each.used_by)]

    def typed_at(self, place: str) -> list[Variable]:
        """Return the variables whose production value a person types in at a place."""
        return [
            each
            for each in self.variables.values()
            if each.production.get(place, UNSET).kind == "person"
        ]


def parse(document: Mapping[str, Any]) -> Contract:
    """Read a contract from the content of env.yml, or from that content joined with additions.

    Raises:
        ContractError: a process or a variable has the wrong structure.

    """
    return Contract(_each(document, "processes", _process), _each(document, "variables", _variable))


def blueprint_entries(
    contract: Contract, service: str, *, database: str, cache: str
) -> list[dict[str, Any]]:
    """Return the `envVars` of a service in the Blueprint.

    `database` and `cache` are the names of the store's PostgreSQL and Key Value. What Render sets
    itself has no entry.
    """
    return [
        {"key": variable.name, **entry}
        for variable in contract.read_by(service)
        if (entry := _blueprint_entry(variable, database, cache))
    ]


def vercel_variables(contract: Contract) -> list[dict[str, Any]]:
    """Return what to set in the Vercel project, in the shape of Vercel's REST API.

    An entry without a value is one that a person types in; its comment says where to find it.
    """
    return [entry for variable in contract.variables.values() for entry in _vercel(variable)]


def local_values(contract: Contract) -> dict[str, str]:
    """Return the literal values for a laptop."""
    return {
        variable.name: variable.local.detail
        for variable in contract.variables.values()
        if variable.local.kind == "value"
    }


def _each(
    document: Mapping[str, Any], section: str, read: Callable[[str, Any], _Declared]
) -> dict[str, _Declared]:
    found = {}
    for name, declared in (document.get(section) or {}).items():
        try:
            found[name] = read(name, declared)
        except KeyError as error:
            raise ContractError(name, f"{error.args[0]} is missing") from error
        except (AttributeError, TypeError, ValueError) as error:
            raise ContractError(name, f"is not structured like the {section} of env.yml") from error
    return found


def _process(_name: str, declared: Mapping[str, Any]) -> Process:
    return Process(declared["place"], declared.get("service", ""))


def _variable(name: str, declared: Mapping[str, Any]) -> Variable:
    return Variable(
        name=name,
        purpose=declared["purpose"],
        kind=declared["kind"],
        used_by=tuple(declared["used_by"]),
        required_in=tuple(declared["required_in"]),
        local=_source(declared["local"]),
        preview=_by_place(declared["preview"]),
        production=_by_place(declared["production"]),
    )


def _by_place(declared: Mapping[str, Any]) -> dict[str, Source]:
    return {place: _source(source) for place, source in declared.items()}


def _source(declared: Any) -> Source:
    if isinstance(declared, str):
        return Source(declared)
    [(kind, detail)] = declared.items()
    return Source(kind, detail)


def _blueprint_entry(variable: Variable, database: str, cache: str) -> dict[str, Any]:
    source = variable.production.get("render", UNSET)
    match source.kind:
        case "value":
            preview = variable.preview.get("render", UNSET)
            differs = preview.kind == "value" and preview != source
            return {"value": source.detail} | ({"previewValue": preview.detail} if differs else {})
        case "generated":
            return {"generateValue": True}
        case "person":
            return {"sync": False}
        case "database":
            return {"fromDatabase": {"name": database, "property": source.detail}}
        case "key_value":
            reference = {"type": "keyvalue", "name": cache, "property": source.detail}
            return {"fromService": reference}
    return {}


def _vercel(variable: Variable) -> Iterator[dict[str, Any]]:
    targets: dict[Source, list[str]] = {}
    for target in ("production", "preview"):
        source = variable.sources(target).get("vercel", UNSET)
        if source.kind in {"value", "person"}:
            targets.setdefault(source, []).append(target)
    for source, names in targets.items():
        is_literal = source.kind == "value"
        yield {
            "key": variable.name,
            **({"value": source.detail} if is_literal else {}),
            "type": "sensitive" if variable.kind == "secret" else "plain",
            "target": names,
            "comment": variable.purpose if is_literal else source.detail,
        }
