"""Write the store's own variables and services into render.yaml: `python -m tools.blueprint`.

A Blueprint cannot include other files. So the additions of env.own.yml and own.yml are written
into it between two comments, and replaced as a whole.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from .contract import blueprint_entries
from .repository import BLUEPRINT, CONTRACT, OWN, BrokenFileError, Repository

_BLOCK = re.compile(r"^ *# from (\S+), by make own\n(?:.*\n)*? *# end of \1\n", re.MULTILINE)
_HALF = re.compile(r"^ *# (?:from|end of) (\S*own\.yml)", re.MULTILINE)
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)", re.MULTILINE)


def without_own(text: str) -> str:
    """Return the text of the Blueprint without the store's additions."""
    return _BLOCK.sub("", text)


def with_own(repository: Repository) -> str:
    """Return the text of the Blueprint with the store's current additions, replacing old ones.

    Raises:
        BrokenFileError: a file cannot be read, or there is no place for an addition.

    """
    text = without_own(repository.text(BLUEPRINT))
    if _CONFLICT.search(text):
        raise BrokenFileError(BLUEPRINT, "has conflict markers; resolve them first")
    if half := _HALF.search(text):
        raise BrokenFileError(BLUEPRINT, "is an incomplete block; remove it", half[0].strip())
    added = repository.own(BLUEPRINT).get("services", [])
    names = repository.own(CONTRACT).get("variables", {}).keys()
    if not added and not names:
        return text
    blueprint = _Blueprint(text, repository)
    blocks = [
        (blueprint.services, BLUEPRINT, [blueprint.complete(service) for service in added]),
        (blueprint.variables, CONTRACT, blueprint.entries(names)),
    ]
    lines = text.splitlines(keepends=True)
    for (line, indent), file, entries in sorted(blocks, key=lambda block: -block[0][0]):
        if entries:
            lines.insert(line, textwrap.indent(_block(OWN[file], entries), " " * indent))
    return "".join(lines)


class _Dumper(yaml.SafeDumper):
    """Indents lists as the Blueprint does, and writes no anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _block(file: str, entries: list[Any]) -> str:
    text = yaml.dump(entries, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6)
    return f"# from {file}, by make own\n{text}# end of {file}\n"


class _Blueprint:
    """The template's part of the Blueprint, and where additions go in it."""

    def __init__(self, text: str, repository: Repository) -> None:
        self._repository = repository
        self._api = repository.contract.processes["api"].service
        try:
            found = next(_scopes(yaml.compose(text), self._api), None)
        except yaml.YAMLError as error:
            raise BrokenFileError(BLUEPRINT, f"is not YAML: {error}") from error
        if found is None:
            raise BrokenFileError(BLUEPRINT, f"has no service {self._api}", "services")
        scope, api = found
        self.services = _place(scope, "services", "services")
        self.variables = _place(api, "envVars", self._api)
        self._scope = yaml.safe_load(yaml.serialize(scope))

    def complete(self, service: dict[str, Any]) -> dict[str, Any]:
        """Return a service with the variables of its processes, unless it has `envVars`."""
        name = service["name"]
        if any(declared["name"] == name for declared in self._scope["services"]):
            raise BrokenFileError(OWN[BLUEPRINT], f"is already in {BLUEPRINT}", name)
        if "envVars" in service:
            return service
        entries = [self._copied(entry) or entry for entry in self._entries(name)]
        return {**service, "envVars": entries} if entries else service

    def entries(self, names: Collection[str]) -> list[dict[str, Any]]:
        """Return the API's entries for the store's own variables."""
        return [entry for entry in self._of_the_api.values() if entry["key"] in names]

    @cached_property
    def _of_the_api(self) -> dict[str, dict[str, Any]]:
        return {entry["key"]: entry for entry in self._entries(self._api)}

    def _entries(self, service: str) -> list[dict[str, Any]]:
        caches = (each for each in self._scope["services"] if each["type"] == "keyvalue")
        database, cache = (
            next((resource["name"] for resource in resources), "")
            for resources in (self._scope.get("databases", []), caches)
        )
        return blueprint_entries(self._repository.contract, service, database=database, cache=cache)

    def _copied(self, entry: dict[str, Any]) -> dict[str, Any] | None:
        """Return a reference to the API's value if Render would generate or ask for another one."""
        key = entry["key"]
        if not self._of_the_api.get(key, {}).keys() & {"generateValue", "sync"}:
            return None
        return {"key": key, "fromService": {"type": "web", "name": self._api, "envVarKey": key}}


def _scopes(node: Any, api: str) -> Iterator[tuple[yaml.MappingNode, yaml.MappingNode]]:
    """Yield each mapping whose services include the API, with the API."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scopes(item, api)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            for item in value.value if key.value == "services" else []:
                if any((k.value, v.value) == ("name", api) for k, v in item.value):
                    yield node, item
            yield from _scopes(value, api)


def _place(node: yaml.MappingNode, key: str, where: str) -> tuple[int, int]:
    """Return the line after a key whose value is a list, and the list's indentation."""
    for name, value in node.value:
        if name.value == key and isinstance(value, yaml.SequenceNode) and not value.flow_style:
            return name.end_mark.line + 1, value.start_mark.column
    raise BrokenFileError(BLUEPRINT, f"has no block list {key}", where)


def main(root: Path) -> int:
    """Write the Blueprint and return 0, or print why that is impossible and return 1."""
    repository = Repository(root)
    try:
        before, text = repository.text(BLUEPRINT), with_own(repository)
    except BrokenFileError as error:
        print(error.finding, file=sys.stderr)
        return 1
    except (AttributeError, KeyError, TypeError, ValueError, StopIteration):
        own = f"{OWN[CONTRACT]} or {OWN[BLUEPRINT]}"
        print(
            f"{own} does not have the expected structure: make check says where.", file=sys.stderr
        )
        return 1
    if text != before:
        (root / BLUEPRINT).write_text(text, encoding="utf-8")
    print(f"{BLUEPRINT} {'is up to date' if text == before else 'is written'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))
