"""Follow the template: take a release, or tell how this store differs from its own."""

from __future__ import annotations

import argparse
import json
import sys
from itertools import takewhile
from pathlib import Path
from typing import NoReturn

from . import interpreter
from .problems import UpdateError
from .store import find

OLDEST_PYTHON = (3, 11)


def main() -> int:
    """Run what the command line asks for; return the exit code."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"Python 3.11 or later is needed; this is {sys.version.split()[0]}.")
    given = _arguments()
    try:
        store = find(given.store.resolve())
        if not interpreter.has_copier():
            return interpreter.run_with_copier(store)
        # Only now: what follows imports Copier.
        from . import commands  # noqa: PLC0415

        return commands.COMMANDS[given.command](store, given)
    except UpdateError as error:
        if given.json:
            print(json.dumps({"state": error.state, "message": str(error)}))
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; git status shows what there is.", file=sys.stderr)
        return 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """End with 1: argparse's own 2 would read as a conflict."""
        self.exit(1, f"{message}. See {self.prog} --help\n")


def _arguments() -> argparse.Namespace:
    parser = _Parser(prog="python -m updates", description=__doc__)
    parser.add_argument(
        "--store", type=Path, default=Path(), help="the store's folder, if not this"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    update = commands.add_parser("update", help="take a release of the template")
    update.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change an answer; quote a value with spaces",
    )
    update.add_argument(
        "--aside", action="store_true", help="leave conflicts as FILE.rej, without markers"
    )
    update.add_argument("--no-check", action="store_true", help="leave make check to somebody else")
    request = commands.add_parser(
        "pull-request", help="take a release on a branch, with one pull request for it"
    )
    for command in (update, request):
        command.add_argument(
            "--to",
            default="",
            metavar="vX.Y.Z",
            help="which one, if not the newest; HEAD for the template's default branch",
        )
        command.add_argument(
            "--candidates", action="store_true", help="take release candidates too"
        )
    doctor = commands.add_parser("doctor", help="tell how this store differs from its release")
    doctor.add_argument("--fix", metavar="FILE", help="write this file as the release has it")
    for command in (update, request, doctor):
        command.add_argument("--json", action="store_true", help="print one JSON object")
    given, stray = parser.parse_known_args()
    if stray:
        parser.error(_about_stray(stray, getattr(given, "data", [])))
    return given


def _about_stray(words: list[str], data: list[str]) -> str:
    """Return what is wrong with words that belong to no option."""
    first = sys.argv.index(words[0])
    before = sys.argv[first - 1].removeprefix("--data=")
    rest = list(takewhile(lambda word: not word.startswith("-"), sys.argv[first:]))
    if before not in data or not rest:
        return f"unrecognized arguments: {' '.join(words)}"
    return f"quote a value with spaces: ARGS=\"--data '{' '.join([before, *rest])}'\""


if __name__ == "__main__":
    sys.exit(main())
