"""Update one store to a release of the template, and report how that ended."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from luma.environment import alone
from luma.fleet import gate, reports, tool
from luma.fleet.campaign import Campaign, give


def main(arguments: Sequence[str]) -> int:
    """Run what the command line asks for; return 1 where the store did not take the release."""
    given = _arguments(arguments)
    root = given.store.resolve()
    if not root.is_dir():
        sys.exit(f"{root} is not a folder.")
    if given.reports.resolve().is_relative_to(root):
        sys.exit("--reports lies in the store, and would be committed. Name a folder elsewhere.")
    name = tool.name_of(root)
    canaries = gate.names(given.canaries) if given.canaries else []
    waits = not given.without_canaries
    campaign = Campaign(given.to, given.trust, given.reports, canaries, waits, given.commit)
    with alone(root):
        report = give(root, name, campaign)
        # What a dry run of multi-gitter finds must not open the gate.
        dry = os.environ.get("DRY_RUN") == "true"
        reports.write(given.reports / "dry-run" if dry else given.reports, report)
    # In one write, because xargs runs several at a time into the same output.
    sys.stdout.write(": ".join(filter(None, [name, report.state, report.why()])) + "\n")
    return int(report.state in reports.NOT_WRITTEN)


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="luma fleet update", description=__doc__)
    parser.add_argument(
        "store", type=Path, nargs="?", default=Path(), help="its folder, if not this one"
    )
    parser.add_argument("--to", required=True, metavar="vX.Y.Z", help="the release")
    parser.add_argument(
        "--trust",
        required=True,
        action="append",
        metavar="ADDRESS",
        help="where templates may come from: an address, or a prefix that ends with /",
    )
    parser.add_argument("--reports", required=True, type=Path, help="the folder for the reports")
    parser.add_argument("--canaries", type=Path, help="a file with their names, one a line")
    parser.add_argument(
        "--without-canaries", action="store_true", help="do not wait for the canaries"
    )
    parser.add_argument(
        "--commit", action="store_true", help="commit on the branch template/vX.Y.Z"
    )
    return parser.parse_args(arguments)
