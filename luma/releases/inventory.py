"""A release's inventory: all of it that stores rely on, computed from a checkout."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import yaml
from packaging.version import Version
from pathspec import GitIgnoreSpec

from luma import CHECKOUT
from luma.decisions import load_decisions

Inventory = dict[str, Any]

ALWAYS = "always"
PATH_QUESTIONS = ("include_starter", "enable_logrocket")
"""The answers that add or remove paths. One more in `_exclude` ends the inventory with its name."""

PROBES: Mapping[str, tuple[str, ...]] = {
    "store_name": ("Luma Store", "7", "Käthe & Søn's “Lamps”", "青い灯 🛍️", "x" * 60),
    "store_slug": ("luma-store", "ab", "a1", "a-1-b-2", "x" * 40),
    "repository": ("my-organisation/luma-store", "a/b", "A-1/x._-Y", f"{'o' * 39}/{'r' * 100}"),
    "country": ("", "DE", "US", "JP"),
    "domain": ("", "shop.example.com", "a.co", "xn--bcher-kva.example", f"{'x' * 63}.shop"),
    "alert_email": ("alerts@example.com", "A.b_c+d-1@mail.example.com", f"{'x' * 64}@example.co"),
}
"""Answers at the edge of what may be typed. A release records the ones that it accepts."""


def inventory_of(checkout: Path) -> Inventory:
    """Compute the inventory of the template that lies in a git checkout."""
    config = yaml.safe_load((checkout / "copier.yml").read_text(encoding="utf-8"))
    decisions = load_decisions(checkout)
    catalog = decisions.load_catalog()
    memory = {plan.id: plan.memory_mb for plan in catalog.plans["key_value_plan"].values()}
    return {
        "questions": {
            key: _question(key, value, decisions, catalog)
            for key, value in config.items()
            if not key.startswith("_")
        },
        "grows": {
            "tiers": {
                tier.id: {
                    "disk_gb": tier.disk_gb,
                    "key_value_mb": memory[tier.plans["key_value_plan"]],
                }
                for tier in catalog.tiers.values()
            },
            "key_value_plans": memory,
        },
        **_paths(checkout, config, load_decisions(CHECKOUT)),
    }


def recorded(folder: Path) -> dict[str, Inventory]:
    """Return the inventories that a folder records, by tag, the oldest first."""
    return {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("v*.yml"), key=lambda path: Version(path.stem))
    }


def as_yaml(inventory: Inventory) -> str:
    """Return an inventory as it is recorded."""
    return yaml.safe_dump(inventory, sort_keys=False, allow_unicode=True, width=10_000)


def _question(key: str, declared: Mapping[str, Any], decisions: Any, catalog: Any) -> Inventory:
    question: Inventory = {"type": declared.get("type", "str")}
    if "choices" in declared:
        question["choices"] = _choices(key, declared["choices"], catalog)
    elif key in PROBES:
        problem = decisions.store.TEXT_RULES[key]
        question["accepts"] = [value for value in PROBES[key] if not problem(value)]
    return question


def _choices(key: str, declared: Any, catalog: Any) -> list[Any]:
    catalogued = {"region": catalog.regions, "tier": catalog.tiers, **catalog.plans}
    if key in catalogued:
        return list(catalogued[key])
    if isinstance(declared, str):
        raise ValueError(f"{key}: its choices are computed, teach luma/releases/inventory.py how.")
    values = declared.values() if isinstance(declared, Mapping) else declared
    return [value[1] if isinstance(value, list) else value for value in values]


def _paths(checkout: Path, config: Mapping[str, Any], decisions: Any) -> Inventory:
    """Sort the template's files: which ones updates write, and which are the store's own.

    Paths are grouped by the answers that they need. One that an update neither writes nor
    removes, such as the starter's, is in no group.
    """
    files = sorted(_files(checkout / config["_subdirectory"], config["_answers_file"]))
    owned = GitIgnoreSpec.from_lines(config.get("_skip_if_exists", []))
    needs: dict[str, list[set[str]]] = {}
    for switch in product((False, True), repeat=len(PATH_QUESTIONS)):
        answers = dict(zip(PATH_QUESTIONS, switch, strict=True))
        excluded = GitIgnoreSpec.from_lines(decisions.left_alone(config, answers))
        given = {key if on else f"no {key}" for key, on in answers.items()}
        for path in files:
            if not excluded.match_file(path):
                needs.setdefault(path, []).append(given)
    groups: dict[str, list[str]] = {ALWAYS: []}
    for path, sets in needs.items():
        common = set.intersection(*sets)
        if len(sets) != 2 ** (len(PATH_QUESTIONS) - len(common)):
            raise ValueError(f"{path} needs one answer or another: give each its own pattern.")
        if not owned.match_file(path):
            groups.setdefault(" and ".join(sorted(common)) or ALWAYS, []).append(path)
    return {"paths": groups, "own": [path for path in needs if owned.match_file(path)]}


def _files(folder: Path, answers_file: str) -> Iterator[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=folder, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (folder / name).exists():
            yield name.removesuffix(".jinja").replace(
                "{{ _copier_conf.answers_file }}", answers_file
            )
