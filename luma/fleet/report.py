"""How a campaign ended: `luma fleet report REPORTS`."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from luma.fleet import reports
from luma.fleet.reports import Report
from luma.versions import version


def main(arguments: Sequence[str]) -> int:
    """Print how many stores are in each state, which need somebody, and what is left; return 0."""
    parser = argparse.ArgumentParser(prog="luma fleet report", description=__doc__)
    parser.add_argument("reports", type=Path, help="the folder that luma fleet update wrote into")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--names", metavar="STATE", choices=reports.STATES, help="only the names")
    shown.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    found = list(reports.read_all(given.reports))
    if given.names:
        lines = [report.store for report in found if report.state == given.names]
    else:
        lines = [_as_json(found)] if given.json else list(_table(found))
    print("\n".join(lines), end="\n" if lines else "")
    return 0


def _as_json(found: list[Report]) -> str:
    return json.dumps({"states": _count(found), "stores": [asdict(report) for report in found]})


def _count(found: list[Report]) -> dict[str, int]:
    counted = Counter(report.state for report in found)
    return {state: counted[state] for state in reports.STATES}


def _table(found: list[Report]) -> Iterator[str]:
    for state, count in _count(found).items():
        yield f"{state:9}{count:5}  {reports.STATES[state]}"
    for state in reports.NEEDS_SOMEBODY:
        if concerned := [report for report in found if report.state == state]:
            yield f"\n{state}:"
            yield from (f"  {report.store}: {report.why()}" for report in concerned)
    yield from _by_hand(found)


def _by_hand(found: list[Report]) -> Iterator[str]:
    """Yield each thing to do once, below its release and the stores that need it."""
    stores: dict[tuple[str, str], list[str]] = {}
    for report in found:
        for release, actions in report.by_hand.items():
            for action in actions:
                stores.setdefault((release, action), []).append(report.store)
    alike: dict[tuple[str, str], list[str]] = {}
    for (release, action), names in stores.items():
        alike.setdefault((release, ", ".join(names)), []).append(action)
    for release, needing in sorted(alike, key=lambda group: (version(group[0]), group[1])):
        yield f"\n{release}, by hand in {needing}:"
        yield from (f"  - {action}" for action in alike[release, needing])
