"""What the commands print."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import takewhile
from pathlib import Path
from typing import NoReturn

from luma.environment import say
from luma.problems import LumaError
from luma.store import UNDO, Store, find
from luma.update import doctor as diagnosis
from luma.update import pull_request as request_for
from luma.update.update import EXIT_CODES, Outcome, Request
from luma.update.update import update as take
from luma.versions import is_release


def update(arguments: Sequence[str]) -> int:
    """Take a release and print the summary; return the exit code."""
    parser = _parser("update", "Update to a release of the template, or change answers.")
    _add_release(parser)
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change an answer; quote a value with spaces",
    )
    parser.add_argument(
        "--aside", action="store_true", help="write conflicts to FILE.rej, without markers"
    )
    parser.add_argument("--no-check", action="store_true", help="don't run make check")
    return _run(parser, arguments, _update)


def pull_request(arguments: Sequence[str]) -> int:
    """Commit a release on a branch, and write its pull request; return the exit code."""
    parser = _parser("pull-request", "Update to a release on a branch, and write its pull request.")
    _add_release(parser)
    parser.add_argument(
        "--folder", type=Path, required=True, help="the folder for the pull request's text"
    )
    return _run(parser, arguments, _pull_request)


def doctor(arguments: Sequence[str]) -> int:
    """Print how the store differs; return 1 where something needs doing, else 0."""
    parser = _parser("doctor", "Show how a store differs from its release.")
    parser.add_argument("--fix", metavar="FILE", help="restore this file to the release's version")
    return _run(parser, arguments, _doctor)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """End with 1: argparse's own 2 would read as a conflict."""
        self.exit(1, f"{message}. See {self.prog} --help\n")


def _parser(name: str, description: str) -> _Parser:
    parser = _Parser(prog=f"luma {name}", description=description)
    parser.add_argument(
        "--store", type=Path, default=Path(), help="the store's folder, if not this"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _add_release(parser: _Parser) -> None:
    parser.add_argument(
        "--to",
        default="",
        metavar="vX.Y.Z",
        help="the release, if not the newest; HEAD is the template's default branch",
    )
    parser.add_argument("--candidates", action="store_true", help="take release candidates too")


def _run(
    parser: _Parser,
    arguments: Sequence[str],
    command: Callable[[Store, argparse.Namespace], int],
) -> int:
    given, stray = parser.parse_known_args(arguments)
    if stray:
        parser.error(_about_stray(stray, arguments, getattr(given, "data", [])))
    try:
        return command(find(given.store.resolve()), given)
    except LumaError as error:
        if given.json:
            print(json.dumps({"state": error.state, "message": str(error)}))
        raise
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt("git status shows what there is") from interrupt


def _about_stray(words: Sequence[str], arguments: Sequence[str], data: Sequence[str]) -> str:
    """Return what is wrong with words that belong to no option."""
    first = arguments.index(words[0])
    before = arguments[first - 1].removeprefix("--data=") if first else ""
    rest = list(takewhile(lambda word: not word.startswith("-"), arguments[first:]))
    if before not in data or not rest:
        return f"unrecognized arguments: {' '.join(words)}"
    return f"quote a value with spaces: ARGS=\"--data '{' '.join([before, *rest])}'\""


def _update(store: Store, given: argparse.Namespace) -> int:
    data = _data(given.data)
    request = Request(given.to, given.candidates, data, given.aside, not given.no_check)
    return _print(take(store, request, say), given)


def _pull_request(store: Store, given: argparse.Namespace) -> int:
    request = Request(given.to, given.candidates, aside=True, check=False)
    _print(request_for.prepare(store, request, given.folder.resolve(), say), given)
    return 0


def _print(outcome: Outcome, given: argparse.Namespace) -> int:
    if given.json:
        print(json.dumps(asdict(outcome), ensure_ascii=False))
    else:
        print("\n".join(_summary(outcome)))
    return EXIT_CODES[outcome.state]


def _doctor(store: Store, given: argparse.Namespace) -> int:
    if given.fix:
        diagnosis.mend(store, given.fix)
        print(f"Restored {given.fix} to {store.commit}. See git diff -- {given.fix}")
        return 0
    found = diagnosis.diagnose(store)
    print(json.dumps(asdict(found)) if given.json else "\n".join(_report(found)))
    return 0 if found.healthy else 1


def _data(assignments: list[str]) -> dict[str, str]:
    pairs = [assignment.partition("=") for assignment in assignments]
    for name, equals, _ in pairs:
        if not equals:
            raise LumaError(f"--data {name} must be NAME=VALUE, such as --data tier=growth.")
    return {name: value for name, _, value in pairs}


def _summary(outcome: Outcome) -> Iterator[str]:
    if outcome.state == "current":
        yield f"This store is at {outcome.before}, and there is nothing newer."
        if outcome.hint:
            yield outcome.hint
        return
    yield ""
    same = outcome.before == outcome.after
    place = f"still at {outcome.after}" if same else f"from {outcome.before} to {outcome.after}"
    yield f"Updated: {len(outcome.changed)} files, {place}."
    for name, value in outcome.changed_answers.items():
        yield f'Changed answer: {name} is now "{value}".'
    for name, value in outcome.new_answers.items():
        yield f'New question: {name} is "{value}"; --data {name}=... changes it.'
    for item in outcome.by_hand:
        yield f"By hand: {item}"
    for conflict in outcome.conflicts:
        yield f"In conflict: {conflict}"
    if outcome.state == "conflict":
        yield "Resolve each one, remove the markers or the .rej file, and run make check."
    if outcome.state == "check":
        yield "make check found the problems above. Fix them before you commit."
    yield f"See the changes with git diff. To undo them: {UNDO}"


def _report(found: diagnosis.Diagnosis) -> Iterator[str]:
    at = found.release if is_release(found.release) else f"{found.release}, between releases"
    yield f"This store is at {at}; {_about_newer(found)}."
    for title, entries in (
        ("Edited here, kept by updates:", found.edited),
        ("Silently diverged: nobody edited these, and no update repairs them:", found.diverged),
        ("To fix:", found.problems),
        ("To do by hand, when you have time:", found.by_hand),
    ):
        if entries:
            yield from ("", title, *(f"  {entry}" for entry in entries))
    if found.diverged:
        yield '\nTo restore one: make doctor ARGS="--fix FILE"'
    if found.healthy:
        yield "Nothing to fix." if found.behind else "Nothing to do."


def _about_newer(found: diagnosis.Diagnosis) -> str:
    if not found.behind:
        return "there is nothing newer"
    unit = "release" if is_release(found.newest) else "commit"
    return f"{found.newest} is {found.behind} {unit}{'s' if found.behind > 1 else ''} ahead"
