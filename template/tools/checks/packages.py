"""The ranges of the store's packages that the template's rooms were made for."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache

from ..repository import Finding, Repository, Rule
from .code import nodes, sources, text_of

RANGES = {
    "render.api": {
        "asyncpg": ("0.32", "1"),
        "fastapi": ("0.165", "1"),
        "httpx2": ("2.16", "3"),
        "limits": ("5.8", "6"),
        "pydantic": ("2.14", "3"),
        "pydantic-settings": ("2.16", "3"),
        "redis": ("8.1", "9"),
        "sqlalchemy": ("2.1", "3"),
        "starlette": ("1.10", "2"),
        "uvicorn": ("0.54", "1"),
    },
    "monitoring.api": {
        "fastapi": ("0.165", "1"),
        "sentry-sdk": ("2.75", "3"),
        "starlette": ("1.10", "2"),
    },
    "monitoring": {"@sentry/nextjs": ("11", "12"), "next": ("16.4", "17")},
    "vercel": {"next": ("16.4", "17")},
}
"""For each room, the first version of a package that it works with, and the first that is untried.

The template's own tests run with the version that a fresh store locks.
"""
PYTHON_LOCK = "api/requirements.txt"
NODE_LOCK = "storefront/package-lock.json"
_PINNED = re.compile(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE | re.IGNORECASE)


def packages_that_the_rooms_know(repository: Repository) -> Iterator[Finding]:
    """A room may not work with a package outside its range."""
    for lock, locked, rooms in (
        (PYTHON_LOCK, _python(repository), _imported(repository)),
        (NODE_LOCK, _node(repository), {"monitoring", "vercel"}),
    ):
        for room in sorted(rooms & RANGES.keys()):
            for package, (first, untried) in RANGES[room].items():
                version = locked.get(package)
                if version and not _release(first) <= _release(version) < _release(untried):
                    message = (
                        f"{version} is untried with {room.replace('.', '/')}/, which is made for "
                        f">={first},<{untried}. Take a release of the template that knows it, or "
                        "test it yourself"
                    )
                    yield Finding(lock, package, message, by_hand=True)


def _python(repository: Repository) -> dict[str, str]:
    if not repository.exists(PYTHON_LOCK):
        return {}
    pinned = _PINNED.findall(repository.text(PYTHON_LOCK))
    return {name.lower(): version for name, version in pinned}


def _node(repository: Repository) -> dict[str, str]:
    if not repository.exists(NODE_LOCK):
        return {}
    installed = json.loads(repository.text(NODE_LOCK)).get("packages", {})
    return {
        path.removeprefix("node_modules/"): package["version"]
        for path, package in installed.items()
        if path and "version" in package
    }


def _imported(repository: Repository) -> set[str]:
    """Return the packages of rooms that the API imports; older stores have a copy of some."""
    return {
        room
        for path in sources(repository, "api", {".py"})
        for module in _modules_of(text_of(path))
        for room in RANGES
        if f"{module}.".startswith(f"{room}.")
    }


@cache
def _modules_of(text: str) -> frozenset[str]:
    return frozenset(module for node in nodes(text) for module in _modules(node))


def _modules(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from (f"{node.module}.{name.name}" for name in node.names)


def _release(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", re.split(r"[-+a-z]", version, maxsplit=1)[0])))


RULES: tuple[Rule, ...] = (packages_that_the_rooms_know,)
