"""The files of this repository, read once and parsed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from . import additions, contract
from .contract import Contract, ContractError

BLUEPRINT = "render/render.yaml"
VERCEL = "vercel/vercel.json"
VERCEL_PROJECT = "vercel/project.yml"
ANSWERS = ".copier-answers.yml"
CONTRACT = "env.yml"
EXAMPLE = ".env.example"
MEDIA = "storage/cloudinary.yml"
ALERTS = "monitoring/alerts.yml"
LISTED = "monitoring/scrub.ts"
OBJECTIVES = "monitoring/slo.yml"
REPLAY = "monitoring/replay/settings.json"
SENTRY = "monitoring/sentry.yml"

OWN = {
    BLUEPRINT: "render/own.yml",
    VERCEL: "vercel/own.json",
    CONTRACT: "env.own.yml",
    MEDIA: "storage/own.yml",
    ALERTS: "monitoring/own.yml",
    LISTED: "monitoring/own.json",
}
"""The file with the store's own additions to each."""


@dataclass(frozen=True)
class Finding:
    """Something that production would refuse: the file, the place in it, and what is allowed.

    A finding that is left to do by hand makes no check fail: the store works without it.
    """

    file: str
    where: str
    message: str
    by_hand: bool = False

    def __str__(self) -> str:
        return f"{self.file}: {self.where}: {self.message}"


Rule = Callable[["Repository"], Iterator[Finding]]


class BrokenFileError(Exception):
    """A file cannot be read or parsed, so no rule can be applied to it."""

    def __init__(self, file: str, reason: str, where: str = "whole file") -> None:
        super().__init__(reason)
        self.finding = Finding(file, where, reason)


class _UniqueKeyLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Refuses duplicate keys, of which YAML libraries silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if key_node.value in seen:
                line = key_node.start_mark.line + 1
                raise yaml.YAMLError(f"{key_node.value} is declared twice, again in line {line}")
            seen.add(key_node.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


class Repository:
    """Each room's declarations as plain data, with the store's own additions."""

    def __init__(self, root: Path, *, with_own: bool = True) -> None:
        self.root = root
        self._with_own = with_own

    @cached_property
    def without_own(self) -> Repository:
        """Return the repository without the store's own additions."""
        return Repository(self.root, with_own=False)

    def own(self, file: str) -> dict[str, Any]:
        """Return the store's additions to a file, by section.

        Raises:
            BrokenFileError: they do not have the expected structure.

        """
        own = OWN[file]
        if not self._with_own or not self.exists(own):
            return {}
        document = self._json(own) if own.endswith(".json") else self._yaml(own)
        if problem := additions.problem(own, document):
            raise BrokenFileError(own, problem.message, problem.where)
        return {section: added for section, added in (document or {}).items() if added}

    def missing_own(self, file: str) -> Iterator[Finding]:
        """Return a finding where the store's additions to a file are missing that code imports."""
        if not self.exists(OWN[file]):
            message = "is missing, so builds fail; write {} into it"
            yield Finding(OWN[file], "whole file", message)

    @cached_property
    def blueprint(self) -> Any:
        """Return the parsed Blueprint."""
        return self._yaml(BLUEPRINT)

    @cached_property
    def vercel(self) -> Any:
        """Return the parsed Vercel configuration."""
        return additions.vercel(self._json(VERCEL), self.own(VERCEL))

    @cached_property
    def vercel_project(self) -> Any:
        """Return the Vercel project's settings that vercel.json cannot hold."""
        return self._yaml(VERCEL_PROJECT)

    @cached_property
    def contract(self) -> Contract:
        """Return the environment contract.

        Raises:
            BrokenFileError: a declaration has the wrong structure.

        """
        own = self.own(CONTRACT)
        document = self._merged(CONTRACT, additions.contract)
        try:
            return contract.parse(document)
        except ContractError as error:
            added = any(error.where in entries for entries in own.values())
            file = OWN[CONTRACT] if added else CONTRACT
            raise BrokenFileError(file, str(error), error.where) from error

    @cached_property
    def answers(self) -> Any:
        """Return the recorded answers, with the template's address and commit."""
        return self._yaml(ANSWERS)

    @cached_property
    def example(self) -> dict[str, str]:
        """Return the assignments of the example environment file."""
        lines = self.text(EXAMPLE).splitlines()
        pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
        return {name: value for name, _, value in pairs}

    @cached_property
    def media(self) -> Any:
        """Return the declared upload presets and transformations."""
        return self._merged(MEDIA, additions.mapping)

    @cached_property
    def alerts(self) -> Any:
        """Return the declared alerts."""
        return self._merged(ALERTS, additions.mapping)

    @cached_property
    def sentry(self) -> Any:
        """Return what is declared for Sentry's projects."""
        return self._yaml(SENTRY)

    @cached_property
    def storefront_package(self) -> Any:
        """Return the storefront's package.json."""
        return self._json("storefront/package.json")

    @cached_property
    def objectives(self) -> Any:
        """Return the service level objectives."""
        return self._yaml(OBJECTIVES)

    @cached_property
    def replay(self) -> Any:
        """Return the settings of session replay."""
        return self._json(REPLAY)

    def text(self, file: str) -> str:
        """Return a file's text.

        Raises:
            BrokenFileError: it is missing or not UTF-8.

        """
        try:
            return (self.root / file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BrokenFileError(file, f"cannot be read: {error}") from error

    def exists(self, path: str) -> bool:
        """Return whether a path, relative to the repository, exists."""
        return (self.root / path).exists()

    def has_file(self, path: str) -> bool:
        """Return whether a path, relative to the repository, is a file."""
        return (self.root / path).is_file()

    def _merged(self, file: str, merge: Callable[[Any, dict[str, Any]], Any]) -> Any:
        document = self._yaml(file)
        try:
            return merge(document, self.own(file))
        except additions.RefusedError as error:
            problem = error.problem
            raise BrokenFileError(OWN[file], problem.message, problem.where) from error

    def _yaml(self, file: str) -> Any:
        try:
            return yaml.load(self.text(file), Loader=_UniqueKeyLoader)  # noqa: S506 - derived from SafeLoader
        except yaml.YAMLError as error:
            raise BrokenFileError(file, f"is not YAML: {error}") from error

    def _json(self, file: str) -> Any:
        try:
            return json.loads(self.text(file))
        except json.JSONDecodeError as error:
            raise BrokenFileError(file, f"is not JSON: {error}") from error
