"""A store's own additions: their structure, and how they join the template's declarations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

POLICY = "contentSecurityPolicy"
DEPLOY_FROM_CI = "deployFromCI"
NONCE_PAGES = "noncePages"


@dataclass(frozen=True)
class Problem:
    """A mistake in one of the store's own files: where it is, and what is allowed there."""

    where: str
    message: str


class RefusedError(Exception):
    """An addition conflicts with the template's declarations."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(where, message)


@dataclass(frozen=True)
class Section:
    """One key of an own file: the type of its value and of each entry, and the required fields."""

    holds: type[Any]
    entry: type[Any] = object
    needs: tuple[str, ...] = ()


VARIABLE = ("purpose", "kind", "used_by", "required_in", "local", "preview", "production")
SECTIONS = {
    "env.own.yml": {
        "processes": Section(dict, dict, ("place",)),
        "variables": Section(dict, dict, VARIABLE),
    },
    "render/own.yml": {"services": Section(list, dict, ("type", "name"))},
    "vercel/own.json": {
        "headers": Section(list, dict, ("source", "headers")),
        "redirects": Section(list, dict, ("source", "destination")),
        "rewrites": Section(list, dict, ("source", "destination")),
        "crons": Section(list, dict, ("path", "schedule")),
        POLICY: Section(dict, list),
        DEPLOY_FROM_CI: Section(bool),
        NONCE_PAGES: Section(list, str),
    },
    "storage/own.yml": {
        "upload_presets": Section(dict, dict),
        "named_transformations": Section(dict, str),
    },
    "monitoring/own.yml": {"alerts": Section(dict, dict, ("what", "kind", "severity", "runbook"))},
    "monitoring/own.json": {"fields": Section(list, str), "publicPages": Section(list, str)},
}
_NAMES: dict[type[Any], str] = {
    bool: "true or false",
    dict: "a mapping",
    list: "a list",
    str: "text",
}


def problem(file: str, document: Any) -> Problem | None:
    """Return the first mistake in the structure of an own file, or None."""
    sections = SECTIONS[file]
    if not isinstance(document or {}, dict):
        return Problem("whole file", f"must be a mapping of {', '.join(sections)}")
    for name, added in (document or {}).items():
        if name not in sections:
            return Problem(str(name), f"is not a section here; allowed: {', '.join(sections)}")
        if found := _section_problem(name, added, sections[name]):
            return found
    return None


def _section_problem(name: str, added: Any, section: Section) -> Problem | None:
    if not added:
        return None
    if not isinstance(added, section.holds):
        return Problem(name, f"must be {_NAMES[section.holds]}")
    if section.holds is bool:
        return None
    for title, entry in added.items() if isinstance(added, dict) else enumerate(added, start=1):
        where = f"{name}, {title}" if isinstance(added, list) else str(title)
        if not isinstance(entry, section.entry):
            return Problem(where, f"must be {_NAMES[section.entry]}")
        if missing := [field for field in section.needs if field not in entry]:
            return Problem(where, f"needs {', '.join(missing)}")
    return None


def mapping(document: Any, own: dict[str, Any]) -> Any:
    """Join sections of named entries.

    Raises:
        RefusedError: the template already declares a name.

    """
    return {**document, **{name: _joined(document[name], added) for name, added in own.items()}}


def _joined(declared: dict[str, Any], added: dict[str, Any]) -> dict[str, Any]:
    for name in added:
        if name in declared:
            raise RefusedError(
                str(name), "is already declared by the template; choose another name"
            )
    return {**declared, **added}


def contract(document: Any, own: dict[str, Any]) -> Any:
    """Join the environment contracts. An own process also reads the variables in its `reads`.

    Raises:
        RefusedError: a name is declared twice, or a process reads one that is not declared.

    """
    joined = mapping(document, own)
    variables = {name: dict(variable) for name, variable in joined["variables"].items()}
    for process, declaration in own.get("processes", {}).items():
        for name in declaration.get("reads") or []:
            if name not in variables:
                raise RefusedError(process, f"reads {name}, which is not declared")
            variables[name]["used_by"] = [*variables[name]["used_by"], process]
    return {**joined, "variables": variables}


def vercel(document: Any, own: dict[str, Any]) -> Any:
    """Join Vercel's configuration as `vercel/config.ts` does; the comments are there."""
    joined = dict(document)
    if DEPLOY_FROM_CI in own:
        git = document.get("git", {})
        enabled = {**git.get("deploymentEnabled", {}), "main": False}
        joined["git"] = {**git, "deploymentEnabled": enabled}
        joined.pop("ignoreCommand", None)
    for name in ("redirects", "rewrites", "crons"):
        if name in own:
            joined[name] = [*document.get(name, []), *own[name]]
    rules = [
        part
        for rule in document.get("headers", [])
        for part in _except_nonce_pages(_with_own_headers(rule, own), own)
    ]
    known = {rule["source"] for rule in document.get("headers", [])}
    rules += [
        rule
        for rule in own.get("headers", [])
        if not _is_unconditional(rule) or rule["source"] not in known
    ]
    return {**joined, "headers": rules} if rules else joined


def _is_unconditional(rule: Any) -> bool:
    return "has" not in rule and "missing" not in rule


def _with_own_headers(rule: Any, own: dict[str, Any]) -> Any:
    added = [
        header
        for other in own.get("headers", [])
        if _is_unconditional(other) and other["source"] == rule["source"]
        for header in other["headers"]
    ]
    replaced = {header["key"].lower() for header in added}
    kept = [_with_own_sources(header, own) for header in rule["headers"]]
    return {**rule, "headers": [h for h in kept if h["key"].lower() not in replaced] + added}


def _is_policy(header: Any) -> bool:
    return bool(header["key"].lower() == "content-security-policy")


def _except_nonce_pages(rule: Any, own: dict[str, Any]) -> list[Any]:
    policy = [header for header in rule["headers"] if _is_policy(header)]
    if not own.get(NONCE_PAGES) or not policy:
        return [rule]
    others = [header for header in rule["headers"] if not _is_policy(header)]
    pages = "|".join(f"{_pattern(page)}$" for page in own[NONCE_PAGES])
    return [{**rule, "headers": others}, {"source": f"/((?!{pages}).*)", "headers": policy}]


def _pattern(page: str) -> str:
    return re.sub(r"\[\w+\]", "[^/]+", re.sub(r"\[\.{3}\w+\]", ".+", page[1:]))


def _with_own_sources(header: Any, own: dict[str, Any]) -> Any:
    if POLICY not in own or not _is_policy(header):
        return header
    directives = directives_of(header["value"])
    for name, sources in own[POLICY].items():
        declared = [source for source in directives.get(name, []) if source != "'none'"]
        directives[name] = _unique([*declared, *sources])
    policy = "; ".join(" ".join([name, *sources]) for name, sources in directives.items())
    return {**header, "value": policy}


def directives_of(policy: str) -> dict[str, list[str]]:
    """Return the sources of each directive of a Content-Security-Policy."""
    parts = (part.split() for part in policy.split(";"))
    return {name: sources for name, *sources in filter(None, parts)}


def _unique(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))
