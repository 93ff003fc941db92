"""Run the migrations: answers before Copier asks, moved files after it has written.

Copier calls this at each update with something to do, with the store as the current folder.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).parent.parent)

from migrations.answers import rewrite  # noqa: E402 - the line above makes it importable
from migrations.declared import declared, due, moves  # noqa: E402
from migrations.moved import carry_edits  # noqa: E402


def main() -> int:
    """Run one stage in the current folder; return the exit code."""
    parser = argparse.ArgumentParser(prog="migrations")
    parser.add_argument("stage", choices=("before", "after"))
    parser.add_argument("answers_file", type=Path)
    parser.add_argument("conflict", choices=("inline", "rej"))
    parser.add_argument("skip_answered", choices=("True", "False"))
    given = parser.parse_args()
    migrations = declared()
    if given.stage == "after":
        moved = due(moves(migrations), Path())
        carry_edits(moved, given.answers_file, reject=given.conflict == "rej")
        return 0
    problem = rewrite(given.answers_file, migrations, ignored=given.skip_answered == "True")
    if problem:
        print(problem, file=sys.stderr)
    return int(bool(problem))


if __name__ == "__main__":
    sys.exit(main())
