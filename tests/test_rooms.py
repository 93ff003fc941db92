"""The template's rooms need nothing of the store's own code, which a team may have rewritten."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
import yaml
from support.checkout import Generate
from support.imports import modules
from tools.checks.packages import RANGES

STORES_OWN = {"storefront", "api"}
FILES_MAX = 216
PICTURES = {".avif", ".gif", ".ico", ".jpg", ".png", ".svg", ".webp"}
# `from "x"`, `import "x"`, `import("x")` and `require("x")`, of values and of types.
SPECIFIER = re.compile(r"""\b(?:from|import|require)\s*\(?\s*["']([^"']+)["']""")


@pytest.fixture(scope="module")
def store(generate: Generate) -> Path:
    return generate(enable_logrocket=True)


@pytest.mark.parametrize("room", ["monitoring", "vercel"])
def test_no_typescript_of_a_room_imports_from_the_stores_own_folders(
    store: Path, room: str
) -> None:
    imports = [
        (file, specifier)
        for file in (store / room).rglob("*.ts")
        for specifier in SPECIFIER.findall(file.read_text())
    ]
    assert imports
    assert [found for found in imports if not stays_outside(store, *found)] == []


@pytest.mark.parametrize("room", ["monitoring/api", "render/api", "tools"])
def test_no_python_of_a_room_imports_from_the_stores_own_folders(store: Path, room: str) -> None:
    # The API's folder is on the path when it runs: its packages are found without its name.
    own = STORES_OWN | {folder.name for folder in (store / "api").glob("*/")}
    imports = [
        (file, module) for file in (store / room).rglob("*.py") for module in modules(file, store)
    ]
    assert imports
    assert [found for found in imports if found[1].split(".")[0] in own] == []


@pytest.mark.parametrize("room", ["monitoring.api", "render.api"])
def test_a_room_declares_the_range_of_each_package_that_it_imports(store: Path, room: str) -> None:
    folder = store / room.replace(".", "/")
    imported = {
        module.partition(".")[0] for file in folder.rglob("*.py") for module in modules(file, store)
    }
    packages = {name.replace("_", "-") for name in imported - sys.stdlib_module_names}

    assert RANGES[room].keys() >= packages - {"monitoring", "render"}


def test_the_starter_uses_each_preset_and_transformation_that_is_declared(store: Path) -> None:
    declared = yaml.safe_load((store / "storage/cloudinary.yml").read_text())
    names = [*declared["upload_presets"], *declared["named_transformations"]]
    files = [*store.glob("api/app/**/*.py"), *store.glob("storefront/src/**/*.ts*")]
    code = "".join(file.read_text() for file in files)

    assert names
    assert [name for name in names if name.removeprefix("luma-store") not in code] == []


def test_a_store_has_few_files(generate: Generate) -> None:
    """Each file costs every copy a git process, and a reader a decision."""
    store = generate()
    files = [path for path in store.rglob("*") if path.is_file() and path.suffix not in PICTURES]

    assert 0 < len(files) <= FILES_MAX


def stays_outside(store: Path, file: Path, specifier: str) -> bool:
    """Return whether an import leads to a file outside the store's own folders, or to a package.

    A package has to be declared below the room: Turbopack looks for it from the file upwards.
    """
    if not specifier.startswith("."):
        manifests = [folder / "package.json" for folder in file.relative_to(store).parents]
        return any(
            specifier in json.loads((store / manifest).read_text())["dependencies"]
            for manifest in manifests
            if (store / manifest).exists()
        )
    target = (file.parent / specifier).resolve()
    endings = (target, target.with_name(f"{target.name}.ts"), target / "index.ts")
    found = next(filter(Path.is_file, endings), target)
    return found.is_file() and found.relative_to(store).parts[0] not in STORES_OWN
