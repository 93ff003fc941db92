"""`luma fleet`: what a platform team runs over its stores. docs/fleet.md says how."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from luma.fleet import doctor, report, update

COMMANDS = {"update": update.main, "doctor": doctor.main, "report": report.main}


def main(arguments: Sequence[str]) -> int:
    """Run one of the fleet's commands; return its exit code."""
    parser = argparse.ArgumentParser(prog="luma fleet", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    given = parser.parse_args(arguments[:1])
    return COMMANDS[given.command](arguments[1:])
