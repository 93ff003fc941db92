"""Run a command of the template: `python3 -m luma new ../my-store`, `python3 -m luma test`.

It needs Python 3.11 or later and git. What a command needs beyond that is installed into the
checkout's `.venv` when the command is first run.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

if not __package__:
    # Run by its path, as `python3 /path/to/template/luma`, from any folder.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from luma import environment
from luma.problems import LumaError

OLDEST_PYTHON = (3, 11)
INTERRUPTED = 130


class Command(NamedTuple):
    """The function that runs a command with the words behind it, and the command's line of help."""

    module: str
    function: str
    summary: str
    needs_copier: bool = True


COMMANDS = {
    "new": Command("luma.new", "main", "generate a store"),
    "update": Command("luma.update.commands", "update", "update a store to a release"),
    "pull-request": Command("luma.update.commands", "pull_request", "update it on a branch"),
    "doctor": Command("luma.update.commands", "doctor", "show how a store differs"),
    "storage": Command("luma.live.commands", "storage", "compare or set up Cloudinary"),
    "live": Command("luma.live.commands", "main", "compare the vendors, or set them up"),
    "cost": Command("luma.cost", "main", "show what a store costs, also with other answers"),
    "fleet": Command("luma.fleet.commands", "main", "update many stores, and report on them"),
    "test": Command("luma.testing", "test", "check and test the template", needs_copier=False),
    "setup": Command("luma.testing", "setup", "install what the tests need", needs_copier=False),
    "release": Command("luma.releases.make", "main", "make a release of the template"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name, those of this process if none are given.

    Returns its exit code.

    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"Python 3.11 or later is needed; this is {sys.version.split()[0]}.")
    name = arguments[0] if arguments else "--help"
    if name in {"--help", "-h"}:
        print(usage())
        return 0
    if name not in COMMANDS:
        print(f"There is no command {name}.\n\n{usage()}", file=sys.stderr)
        return 1
    command = COMMANDS[name]
    try:
        if command.needs_copier and find_spec("copier_template_extensions") is None:
            return inside(environment.install("copier"), arguments)
        run = getattr(import_module(command.module), command.function)
        return int(run(arguments[1:]))
    except LumaError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt as interrupt:
        print("; ".join(["Stopped", *map(str, interrupt.args)]) + ".", file=sys.stderr)
        return INTERRUPTED


def usage() -> str:
    """Return the list of the commands."""
    lines = (f"  {name:13} {command.summary}" for name, command in COMMANDS.items())
    return "\n".join(["Usage: luma COMMAND [--help] ...", "", *lines])


def inside(python: Path, arguments: Sequence[str]) -> int:
    """Run this very command with another Python; return its exit code."""
    # Ctrl-C is for that one: while it brings a store back, this must not end and kill it.
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.run([python, Path(__file__).parent, *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
