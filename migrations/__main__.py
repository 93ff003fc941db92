"""Run what an update crosses: answers before Copier asks, moved files after it has written.

Copier calls this once per crossed entry of `_migrations` and stage, with the store as the current
folder. The newest entry stands for all: a file that moved twice is merged once.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from packaging.version import Version

sys.path[0] = str(Path(__file__).parent.parent)

from migrations.answers import rewrite  # noqa: E402 - the line above makes it importable
from migrations.declared import crossed, declared, moves  # noqa: E402
from migrations.moved import carry_edits  # noqa: E402


def main() -> int:
    """Run one stage in the current folder; give the exit code."""
    parser = argparse.ArgumentParser(prog="migrations")
    parser.add_argument("stage", choices=("before", "after"))
    parser.add_argument("current", help="the version of the entry that Copier is running")
    parser.add_argument("before", help="the version that the store comes from")
    parser.add_argument("after", help="the version that it goes to")
    parser.add_argument("answers_file", type=Path)
    parser.add_argument("conflict", choices=("inline", "rej"))
    parser.add_argument("skip_answered", choices=("True", "False"))
    given = parser.parse_args()
    todo = [m for m in crossed(declared(), given.before, given.after) if m.runs]
    if not todo or todo[-1].version != Version(given.current):
        return 0
    if given.stage == "after":
        carry_edits(moves(todo), given.answers_file, reject=given.conflict == "rej")
        return 0
    problem = rewrite(given.answers_file, todo, ignored=given.skip_answered == "True")
    if problem:
        print(problem, file=sys.stderr)
    return int(bool(problem))


if __name__ == "__main__":
    sys.exit(main())
