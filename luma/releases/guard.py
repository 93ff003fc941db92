"""What a checkout would take away from the stores of earlier releases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import Version

from luma.decisions import load_decisions
from luma.releases.inventory import ALWAYS, Inventory, inventory_of, recorded
from migrations.declared import Migration, declared, migrate, moves

DECLARE = "in a module of migrations/"
TYPES: Mapping[str, type] = {"str": str, "bool": bool, "int": int, "float": float}
SAMPLES: Mapping[str, Any] = {"str": "text", "bool": True, "int": 1, "float": 1.0}


@dataclass(frozen=True)
class Update:
    """What an earlier release's stores update to, and what happens to them on the way."""

    inventory: Inventory
    text_rules: Mapping[str, Callable[[Any], str]]
    retired: frozenset[str]
    migrations: Sequence[Migration]


def problems(checkout: Path) -> list[str]:
    """Return what a checkout takes from a recorded release without declaring it.

    Each problem is reported once, with the oldest release that it concerns.
    """
    decisions = load_decisions(checkout)
    inventory, migrations = inventory_of(checkout), declared(checkout / "migrations")
    found: dict[str, str] = {}
    again = sorted(moves(migrations).keys() & _needs(inventory).keys())
    for tag, before in recorded(checkout / "luma" / "releases").items():
        update = Update(
            inventory,
            decisions.store.TEXT_RULES,
            decisions.questions.RETIRED_QUESTIONS,
            [m for m in migrations if m.release > Version(tag)],
        )
        for check in (_lost_paths, _lost_answers, _smaller_sizes):
            for problem in check(before, update):
                found.setdefault(problem, tag)
    return [
        *(f"The path {path} is there again, and MOVED names it: rename it." for path in again),
        *(f"{problem} {tag} had it." for problem, tag in found.items()),
    ]


def _lost_paths(before: Inventory, update: Update) -> Iterator[str]:
    moved = moves(update.migrations)
    removed = {path for migration in update.migrations for path in migration.removed}
    # What moved first, and was removed from its new place later.
    for migration in reversed(update.migrations):
        removed |= {old for old, new in migration.moved.items() if new in removed}
    own = set(update.inventory["own"])
    now = _needs(update.inventory)
    for path, needs in _needs(before).items():
        place = moved.get(path, path)
        if path in removed or place in removed or place in own:
            continue
        if place not in now:
            yield (
                f"The path {place} is gone, and an update deletes it with a store's edits: "
                f"name its new place in MOVED, or the reason in REMOVED, {DECLARE}."
            )
        elif not now[place] <= needs:
            yield f"The path {place} now needs {' and '.join(sorted(now[place]))}: keep it for all."
    for path in before["own"]:
        if path not in own:
            yield f"The path {path} is the store's own, and an update would delete it: keep it."


def _needs(inventory: Inventory) -> dict[str, set[str]]:
    """Map each path that updates write to the answers that it needs."""
    return {
        path: set() if group == ALWAYS else set(group.split(" and "))
        for group, paths in inventory["paths"].items()
        for path in paths
    }


def _lost_answers(before: Inventory, update: Update) -> Iterator[str]:
    for key, question in before["questions"].items():
        if key in update.retired:
            continue
        values = question.get("choices") or question.get("accepts") or [SAMPLES[question["type"]]]
        for value in values:
            migrated = migrate(update.migrations, {key: value})
            for new_key, new_value in migrated.items():
                if problem := _answer_problem(update, new_key, new_value):
                    yield problem


def _answer_problem(update: Update, key: str, value: Any) -> str:
    question = update.inventory["questions"].get(key)
    if question is None:
        return (
            f"The question {key} is gone: rename or split it with a function {DECLARE}, "
            "or add it to RETIRED_QUESTIONS."
        )
    if not isinstance(value, TYPES[question["type"]]):
        return f"The question {key} now takes a {question['type']}: convert it {DECLARE}."
    if value not in question.get("choices", [value]):
        return (
            f"The choice {value} of {key} is gone: mark it deprecated instead, "
            f"or map it to another one {DECLARE}."
        )
    if key in update.text_rules and update.text_rules[key](value):
        return f"The answer {value} to {key} is refused now: accept it, or map it {DECLARE}."
    return ""


def _smaller_sizes(before: Inventory, update: Update) -> Iterator[str]:
    now, then = update.inventory["grows"], before["grows"]
    for tier, sizes in then["tiers"].items():
        current = now["tiers"].get(migrate(update.migrations, {"tier": tier})["tier"], sizes)
        for what, size in sizes.items():
            if current[what] < size:
                yield _shrinks(f"{what} of tier {tier}", size, current[what])
    for plan, memory in then["key_value_plans"].items():
        renamed = migrate(update.migrations, {"key_value_plan": plan})["key_value_plan"]
        current_memory = now["key_value_plans"].get(renamed, memory)
        if current_memory < memory:
            yield _shrinks(f"memory of key_value_plan {plan}", memory, current_memory)


def _shrinks(what: str, before: int, now: int) -> str:
    return (
        f"The {what} shrinks from {before} to {now}, which Render refuses: keep {before} or more."
    )
