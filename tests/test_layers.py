"""No part of the template imports one that is above it, so that there are no circles either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.checkout import ROOT
from support.imports import modules

FOLDERS = ("template", "extensions", "migrations", "luma", "tests")
PARTS = {
    "template/tools": (
        "contract", "additions", "repository", "blueprint", "checks", "dev", "install", "luma",
    ),
    "extensions/decisions": (
        "errors", "names", "catalog", "environment", "headers", "capacity", "plans", "cost",
        "ownership", "store", "questions",
    ),
    "luma": (
        "problems", "address", "git", "versions", "environment", "decisions", "store", "clone",
        "steps", "releases", "update", "live", "cost", "fleet", "new", "testing",
        "__main__",
    ),
}  # fmt: skip
"""What each folder consists of, from the lowest up."""
PACKAGES = {
    "tools": "template", "decisions": "extensions", "extension": "extensions",
    "migrations": "migrations", "luma": "luma", "support": "tests", "bench": "tests",
}  # fmt: skip
"""Which folder a package lies in."""


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_folder_imports_from_one_above_it(folder: str) -> None:
    imported = {
        (file.name, PACKAGES[module.partition(".")[0]])
        for file, module in imports(ROOT / folder, ROOT / folder)
        if module.partition(".")[0] in PACKAGES
    }
    above = FOLDERS[FOLDERS.index(folder) + 1 :]
    assert [arrow for arrow in imported if arrow[1] in above] == []


@pytest.mark.parametrize("folder", PARTS)
def test_no_part_of_a_folder_imports_one_above_it(folder: str) -> None:
    package, order = folder.rpartition("/")[2], PARTS[folder]
    arrows = {
        (file.relative_to(ROOT / folder).parts[0].removesuffix(".py"), module.split(".")[1])
        for file, module in imports(ROOT / folder, (ROOT / folder).parent)
        if module.startswith(f"{package}.") and module.split(".")[1] in order
    }
    arrows = {arrow for arrow in arrows if arrow[0] != "__init__"}  # the package's face
    assert arrows
    parts = {path.stem for path in (ROOT / folder).iterdir() if path.suffix in {".py", ""}}
    assert parts - {"__init__", "__pycache__", ".venv"} == set(order)
    assert [arrow for arrow in arrows if order.index(arrow[0]) < order.index(arrow[1])] == []


def imports(folder: Path, root: Path) -> Iterator[tuple[Path, str]]:
    """Return each Python file of a folder with each module that it imports."""
    for file in folder.rglob("*.py"):
        if not {"node_modules", ".venv"} & set(file.parts):
            yield from ((file, module) for module in modules(file, root))
