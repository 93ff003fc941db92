"""What the commands print."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict

from . import doctor as diagnosis
from .problems import UpdateError
from .pull_request import keep_pull_request
from .release import is_release
from .store import UNDO, Store
from .update import EXIT_CODES, Outcome, Request
from .update import update as take


def update(store: Store, given: argparse.Namespace) -> int:
    """Take a release and print the summary; return the exit code."""
    data = _data(given.data)
    request = Request(given.to, given.candidates, data, given.aside, not given.no_check)
    return _print(take(store, request, _say), given)


def pull_request(store: Store, given: argparse.Namespace) -> int:
    """Take a release on a branch with a pull request; conflicts are its reader's to resolve."""
    request = Request(given.to, given.candidates, aside=True, check=False)
    _print(keep_pull_request(store, request, _say), given)
    return 0


def _print(outcome: Outcome, given: argparse.Namespace) -> int:
    if given.json:
        print(json.dumps(asdict(outcome), ensure_ascii=False))
    else:
        print("\n".join(_summary(outcome)))
    return EXIT_CODES[outcome.state]


def doctor(store: Store, given: argparse.Namespace) -> int:
    """Print how the store differs; return 1 where something needs doing, else 0."""
    if given.fix:
        diagnosis.mend(store, given.fix)
        print(f"{given.fix} is as {store.commit} has it: git diff -- {given.fix}")
        return 0
    found = diagnosis.diagnose(store)
    print(json.dumps(asdict(found)) if given.json else "\n".join(_report(found)))
    return 0 if found.healthy else 1


def _data(assignments: list[str]) -> dict[str, str]:
    pairs = [assignment.partition("=") for assignment in assignments]
    for name, equals, _ in pairs:
        if not equals:
            raise UpdateError(f"--data {name}: write it as NAME=VALUE, such as tier=growth.")
    return {name: value for name, _, value in pairs}


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _summary(outcome: Outcome) -> Iterator[str]:
    if outcome.state == "current":
        yield f"This store is at {outcome.before}, there is nothing newer."
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
        yield "Decide in each, take the markers or the .rej file away, and run make check."
    if outcome.state == "check":
        yield "make check found what is named above: mend it before you commit."
    yield f"Look at it with git diff. To go back: {UNDO}"


def _report(found: diagnosis.Diagnosis) -> Iterator[str]:
    at = found.release if is_release(found.release) else f"{found.release}, between releases"
    yield f"This store is at {at}; {_about_newer(found)}."
    for title, entries in (
        ("Edited here, kept by updates:", found.edited),
        ("Silently diverged: nobody edited these, and no update will heal them:", found.diverged),
        ("To be mended:", found.problems),
        ("Left to do by hand, when it suits you:", found.by_hand),
    ):
        if entries:
            yield from ("", title, *(f"  {entry}" for entry in entries))
    if found.diverged:
        yield "\nTo take the release's: python3 -m updates doctor --fix FILE"
    if found.healthy:
        yield "Nothing needs mending." if found.behind else "Nothing needs doing."


def _about_newer(found: diagnosis.Diagnosis) -> str:
    if not found.behind:
        return "there is nothing newer"
    unit = "release" if is_release(found.newest) else "commit"
    return f"{found.newest} is {found.behind} {unit}{'s' if found.behind > 1 else ''} ahead"


COMMANDS = {"update": update, "pull-request": pull_request, "doctor": doctor}
