"""`make cost`: what a store costs each month, and what other answers would change.

The prices are those of the store's own release. Nothing is written.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.repository import BLUEPRINT, OWN, BrokenFileError, Repository

from luma import CHECKOUT
from luma.decisions import load_decisions
from luma.problems import LumaError

Row = tuple[str, ...]
UNIT = "USD per month, before tax and usage beyond the plans"


def main(arguments: Sequence[str]) -> int:
    """Print the bill, or with NAME=VALUE what changes in it; return 0.

    Raises:
        LumaError: a file cannot be read, or an update would refuse these answers.

    """
    parser = argparse.ArgumentParser(
        prog="luma cost",
        usage="%(prog)s [NAME=VALUE ...] [--store STORE]",
        description="Show what a store costs, or what would change with other answers.",
        allow_abbrev=False,
    )
    parser.add_argument("--store", type=Path, default=Path(), help="the store's folder")
    options, words = parser.parse_known_args(arguments)
    decisions = load_decisions(CHECKOUT)
    try:
        lines = _report(decisions, Repository(options.store.resolve()), _given(words))
        print("\n".join(lines))
    except BrokenFileError as error:
        raise LumaError(str(error.finding)) from error
    except decisions.AnswerError as error:
        raise LumaError(str(error)) from error
    return 0


def _given(words: Sequence[str]) -> dict[str, str]:
    for word in words:
        if "=" not in word:
            raise LumaError(f'"{word}" must be NAME=VALUE, such as tier=growth.')
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def _report(decisions: Any, repository: Repository, given: Mapping[str, str]) -> Iterator[str]:
    catalog, recorded = decisions.load_catalog(), repository.answers
    current = decisions.changed_answers(catalog, recorded, {})
    now = decisions.resolve(catalog, current, recorded)
    if not given:
        yield f"{now.slug}, tier {now.tier.id}: {UNIT}\n"
        yield from _table(_bill(now.cost), right={4})
        yield from _notes(now, now.cost.items, repository)
        return
    wanted = decisions.changed_answers(catalog, recorded, given)
    then = decisions.resolve(catalog, wanted, recorded)
    told = " ".join(f"{name}={value}" for name, value in given.items())
    pairs = _changed(now.cost, then.cost)
    if pairs:
        yield f"{now.slug} with {told}: {UNIT}\n"
        yield from _table(_difference(now.cost, then.cost, pairs), right={3, 5})
        yield from _notes(then, [item for pair in pairs for item in pair if item], repository)
    else:
        total = _dollars(now.cost.monthly, mark="")
        yield f"Nothing changes with {told}: it stays at {total} per month."
    if "tier" in given and current["customize_plans"] and wanted["customize_plans"]:
        yield (
            "\nThis store has chosen its plans, and a tier does not change them. Add "
            "customize_plans=false to see the tier's own."
        )


def _bill(cost: Any) -> Iterator[Row]:
    yield "Vendor", "What", "Plan", "Quantity", "Monthly"
    for item in cost.items:
        yield item.vendor, item.what, item.plan, item.quantity, _price(item)
    yield "", "Total", "", "", _dollars(cost.monthly)
    if cost.most > cost.monthly:
        yield "", "Total with every API instance", "", "", _dollars(cost.most)


def _changed(now: Any, then: Any) -> list[tuple[Any, Any]]:
    """Return each item that differs, as it is and as it would be; None where there is none."""
    old, new = ({(item.vendor, item.part): item for item in cost.items} for cost in (now, then))
    pairs = [(old.get(key), new.get(key)) for key in {**old, **new}]
    return [(before, after) for before, after in pairs if before != after]


def _difference(now: Any, then: Any, pairs: Sequence[tuple[Any, Any]]) -> Iterator[Row]:
    yield "Vendor", "What", "Now", "Monthly", "Then", "Monthly"
    for before, after in pairs:
        item = after or before
        yield item.vendor, item.what, *_cells(before), *_cells(after)
    yield "", "Total", "", _dollars(now.monthly), "", _dollars(then.monthly)
    if now.most > now.monthly or then.most > then.monthly:
        most = _dollars(now.most), "", _dollars(then.most)
        yield "", "Total with every API instance", "", *most


def _cells(item: Any) -> Row:
    if item is None:
        return "none", _dollars(0)
    plan = item.plan if item.quantity == "1" else f"{item.quantity} x {item.plan}"
    return plan, _price(item)


def _price(item: Any) -> str:
    return _dollars(item.monthly, " " if item.certain else "*")


def _dollars(amount: float, mark: str = " ") -> str:
    return f"${amount:,.2f}{mark}"


def _table(rows: Iterator[Row], right: set[int]) -> Iterator[str]:
    """Return aligned lines; `right` are the columns of amounts."""
    filled = list(rows)
    widths = [max(map(len, column)) for column in zip(*filled, strict=True)]
    for row in filled:
        cells = (
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _notes(store: Any, items: Sequence[Any], repository: Repository) -> Iterator[str]:
    yield ""
    if not all(item.certain for item in items):
        yield "* was inferred or comes from a third party: check it before you budget."
    if store.previews:
        yield "Not included: preview environments, charged by the second while they are open."
    if own := [str(service["name"]) for service in repository.own(BLUEPRINT).get("services", [])]:
        yield f"Not included: {', '.join(own)}, declared in {OWN[BLUEPRINT]}."
    if any(item.vendor == "Sentry" for item in items):
        yield "Sentry's prices are for yearly billing, the others for monthly."
    yield "The prices were read on:"
    for vendor, day, source in dict.fromkeys((i.vendor, i.as_of, i.source) for i in items):
        yield f"  {day}  {vendor}: {source}"
