"""What an update of a store writes, and what stands in its way there."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unicodedata import normalize

from jinja2 import Environment, StrictUndefined
from pathspec import GitIgnoreSpec


def left_alone(config: Mapping[str, Any], context: Mapping[str, Any]) -> list[str]:
    """Return the patterns of what an update does not write, as Copier reads them.

    `context` holds the answers, and what else the patterns of a copier.yml ask for.
    """
    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - paths
    return [
        normalize("NFD", line)
        for pattern in config.get("_exclude", [])
        for line in environment.from_string(pattern)
        .render(context, _copier_operation="update")
        .splitlines()
    ]


def owned(config: Mapping[str, Any], context: Mapping[str, Any]) -> Callable[[str], bool]:
    """Return the test whether a path is the template's: an update writes over what is there."""
    patterns = [*left_alone(config, context), *config.get("_skip_if_exists", [])]
    stores_own = GitIgnoreSpec.from_lines(patterns)
    return lambda path: not stores_own.match_file(path)


def written(template: Path, config: Mapping[str, Any], context: Mapping[str, Any]) -> list[str]:
    """Return the paths that an update writes over, whatever is there."""
    is_owned = owned(config, context)
    files = (Path(folder, name) for folder, _, names in os.walk(template) for name in names)
    paths = (file.relative_to(template).as_posix().removesuffix(".jinja") for file in files)
    return sorted(path for path in paths if not path.startswith("{") and is_owned(path))


def storefront_has(store: Path, package: str) -> bool:
    """Return whether a store's storefront depends on a package."""
    try:
        manifest = json.loads((store / "storefront" / "package.json").read_text("utf-8"))
        return package in manifest.get("dependencies", {})
    except (OSError, ValueError):
        return False


def obstacle(store: Path, paths: Iterable[str], render: Callable[[Path], None]) -> str:
    """Return why an update must not write these paths into a store; empty where it may.

    Copier merges what git knows, and writes over everything else. `render` generates the store's
    recorded release into a folder: a file that is as that has it loses nothing.
    """
    there = []
    for path in paths:
        if problem := _other_kind(store, path):
            return problem
        if os.path.lexists(store / path):
            there.append(path)
    tracked = set(_git(store, "ls-files", "-z").split("\0"))
    if not (untracked := [path for path in there if path not in tracked]):
        return ""
    with TemporaryDirectory(prefix="template-") as folder:
        generated = Path(folder, "store")
        render(generated)
        lost = [path for path in untracked if not _same(store / path, generated / path)]
    if not lost:
        return ""
    return (
        f"The update would write over {', '.join(lost)}, which git does not keep for this store: "
        "commit it, or move it out of the way. Nothing was changed."
    )


def _other_kind(store: Path, path: str) -> str:
    """Return what is a file where a folder has to be, or the reverse; empty where nothing is."""
    out = "move it out of the way. Nothing was changed."
    if (store / path).is_dir():
        return f"{path} is a folder here, and the template has a file of that name: {out}"
    for parent in Path(path).parents:
        if (store / parent).is_file():
            return f"{parent} is a file here, and the template has a folder of that name: {out}"
    return ""


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout
