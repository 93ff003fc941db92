"""`luma live plan`, `apply` and `check`: what the vendors have, and what the store declares."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import questionary
from tools.repository import BrokenFileError, Repository

from luma.live import engine, github, render, sentry, vercel
from luma.problems import LumaError

VENDORS = {
    "github": github.connect,
    "sentry": sentry.connect,
    "render": render.connect,
    "vercel": vercel.connect,
    "secrets": github.connect_secrets,
}
"""In the order in which they are set up: what one has is carried to those after it."""
EXIT_CODES = """\
exit codes:
  0  the vendors have what the store declares
  1  they could not be compared, or a write failed: the last line says why
  2  they differ
  3  the rest waits for what only a person can do: the output says what and where
"""


def main(arguments: Sequence[str]) -> int:
    """Compare each vendor with the store, and write the difference after a yes.

    Returns the exit code of the vendor that has most to do.

    Raises:
        LumaError: something could not be compared or written.

    """
    parser = engine.Parser(
        prog="luma live",
        description="Compare what the vendors have with what a store declares, or set them up.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "command",
        choices=("plan", "apply", "check"),
        help="plan and check only read; apply shows the plan and writes it after a yes; nothing "
        "is ever deleted",
    )
    parser.add_argument("--store", type=Path, default=Path(), help="the store's folder")
    parser.add_argument(
        "--only", type=_vendors, default=[*VENDORS], help=f"of {', '.join(VENDORS)}, with commas"
    )
    parser.add_argument("--yes", action="store_true", help="write without asking")
    given = parser.parse_args(arguments)
    repository = Repository(given.store.resolve())
    known: dict[str, str] = {}
    with _sentences():
        # All of them first, so that nothing is written where a token is missing or wrong.
        vendors = [
            VENDORS[name](repository, known, read_only=given.command != "apply")
            for name in VENDORS
            if name in given.only
        ]
        codes = [_run(vendor, given.command, known, given.yes) for vendor in vendors]
    return next(code for code in (engine.DIFFERENT, engine.WAITING, engine.EQUAL) if code in codes)


def _vendors(text: str) -> list[str]:
    if unknown := set(text.split(",")) - VENDORS.keys():
        message = f"{', '.join(sorted(unknown))} is not one of {', '.join(VENDORS)}"
        raise argparse.ArgumentTypeError(message)
    return text.split(",")


def _run(vendor: engine.Vendor, command: str, known: dict[str, str], yes: bool) -> int:
    """Compare one vendor, write where that is the command, and add to the known values."""
    plan = engine.read(vendor)
    print(f"{vendor.name}:")
    engine.show(plan)
    if command == "apply" and plan.ready:
        _confirm(yes)
        plan = engine.apply(vendor, plan)
    known |= vendor.carries()
    return plan.code


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn what else can go wrong into a sentence."""
    try:
        yield
    except BrokenFileError as error:
        raise LumaError(str(error.finding)) from error
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        message = "A vendor's answer, or a declaration of the store, has another structure."
        raise LumaError(message) from error
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt("nothing is half done; run it again") from interrupt


def _confirm(yes: bool) -> None:
    """Ask whether to write what was shown.

    Raises:
        LumaError: it is not wanted, or there is nobody to ask.

    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise LumaError("Nothing was written: say --yes where there is no terminal to ask in.")
    if not questionary.confirm("Write this?", default=False).unsafe_ask():
        raise LumaError("Nothing was written.")
