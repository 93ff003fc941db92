"""`luma live`: compare the vendors with what a store declares, set them up, replace a secret."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from pathlib import Path

import questionary
from tools.checks import provenance
from tools.repository import BrokenFileError, Repository

from luma.live import cloudinary, engine, github, render, rotation, sentry, vercel, verify
from luma.live.engine import Known, Plan, StoppedError, Vendor
from luma.live.places import place
from luma.live.record import recording
from luma.live.site import at_address, site
from luma.problems import LumaError

VENDORS = {
    "github": github.connect,
    "cloudinary": cloudinary.connect,
    "sentry": sentry.connect,
    "render": render.connect,
    "vercel": vercel.connect,
    "secrets": github.connect_secrets,
}
"""In the order in which they are set up: what one has is carried to those after it."""
RULES = {
    "github": (provenance.examples_replaced,),
    "sentry": (provenance.examples_replaced, *sentry.RULES),
    "render": (provenance.examples_replaced,),
    "vercel": (provenance.examples_replaced,),
}
"""What has to hold before a vendor is asked anything."""
IMPORTER = "api/app/products/importing.py"
FILL = "Next: API_ORIGIN={api} make products FILE=products.csv TO=production"
"""What a store that runs needs from a person, where its API is the starter's."""
EXIT_CODES = """\
exit codes:
  0  the vendors have what the store declares
  1  they could not be compared, or a write failed: the last line says why
  2  they differ, or a check of the running store failed
  3  the rest waits for what only a person can do: the output says what and where
"""


def main(arguments: Sequence[str]) -> int:
    """Compare all vendors with the store, and write the differences after a yes.

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
        choices=("plan", "apply", "check", "rotate"),
        help="plan and check only read; apply shows the plan and writes it after a yes; nothing "
        "is ever deleted; rotate replaces a secret",
    )
    parser.add_argument("secret", nargs="?", help="the name of the secret that rotate replaces")
    parser.add_argument("--store", type=Path, default=Path(), help="the store's folder")
    parser.add_argument(
        "--only",
        type=_vendors,
        help=f"of {', '.join(VENDORS)}, with commas; without it, the running store is checked too",
    )
    parser.add_argument("--yes", action="store_true", help="write without asking")
    parser.add_argument("--json", action="store_true", help="print one object for programs")
    parser.add_argument(
        "--record",
        type=Path,
        metavar="FILE",
        help="write what the vendors were asked and answered into a new file, without secrets",
    )
    given = parser.parse_args(arguments)
    if given.json and given.command not in {"plan", "check"}:
        parser.error("--json is for plan and check, which only read.")
    if (given.command == "rotate") != (given.secret is not None):
        parser.error("rotate needs the name of a secret, and only rotate takes one.")
    if given.secret and given.only:
        parser.error("--only is for plan, apply and check: rotate knows where a secret is.")
    repository = Repository(given.store.resolve())
    with _sentences(), recording(given.record, repository.contract):
        if given.secret:
            return _rotate(repository, given.secret, given.yes)
        return _run(given, repository)


def storage(arguments: Sequence[str]) -> int:
    """Compare or set up Cloudinary alone, without asking; return 0 where nothing can be written."""
    code = main([*arguments, "--only", "cloudinary", "--yes"])
    return engine.EQUAL if code == engine.WAITING else code


def _vendors(text: str) -> list[str]:
    if unknown := set(text.split(",")) - VENDORS.keys():
        message = f"{', '.join(sorted(unknown))} is not one of {', '.join(VENDORS)}"
        raise argparse.ArgumentTypeError(message)
    return text.split(",")


def _run(given: argparse.Namespace, repository: Repository) -> int:
    known = Known()
    if address := site(repository, known):
        known |= at_address(address)
    only = given.only or [*VENDORS]
    _refuse_findings(repository, only)
    # All of them first, so that nothing is written where a token is missing or wrong.
    vendors = [
        VENDORS[name](repository, known, read_only=given.command != "apply")
        for name in VENDORS
        if name in only
    ]
    for vendor in vendors:
        known.promised |= dict.fromkeys(vendor.promises, vendor.name)
        for resource in vendor.resources:
            if resource.declared_in:
                resource.place = place(repository, resource.declared_in)
    # For programs, standard output has the object alone.
    with redirect_stdout(sys.stderr if given.json else sys.stdout):
        plans = _read(vendors, known)
        for vendor in vendors:
            print(f"{vendor.name}, {vendor.account}:")
            engine.show(plans[vendor.name])
        if given.command == "apply" and any(plan.ready for plan in plans.values()):
            _confirm(given.yes)
            plans = _apply(vendors, known, plans, given.yes)
        _show_steps(plans.values())
        checked: list[verify.Tick] = []
        if not given.only and given.command != "plan" and _runs(plans):
            read_only = given.command == "check"
            checked = verify.run(repository, vendors, known, read_only=read_only)
            is_live = bool(checked) and verify.code(checked) == engine.EQUAL and not read_only
            if is_live and repository.exists(IMPORTER) and render.ORIGIN in known:
                print(FILL.format(api=known[render.ORIGIN]))
    code = _code({*(plan.code for plan in plans.values()), verify.code(checked)})
    if given.json:
        shown = [engine.as_data(*each) for each in plans.items()]
        found = {"code": code, "vendors": shown, "running": [asdict(each) for each in checked]}
        print(json.dumps(found, indent=2))
    return code


def _rotate(repository: Repository, name: str, yes: bool) -> int:
    """Replace a secret, as far as nothing waits for a person; return the exit code."""
    _refuse_findings(repository, rotation.CONNECT)
    replaced = rotation.connect(repository, name)
    plan = engine.read(replaced)
    print(f"{name}, {replaced.account}:")
    engine.show(plan)
    if replaced.note:
        print(replaced.note, flush=True)
    if plan.ready:
        _confirm(yes)
        plan = engine.apply(replaced, plan)
    _show_steps([plan], goes_on=not replaced.is_set)
    return plan.code


def _runs(plans: Mapping[str, Plan]) -> bool:
    """Return whether the store runs as declared: what else may wait does not keep it from that."""
    return {plans[vendor.name].code for vendor in (render.Render, vercel.Vercel)} == {engine.EQUAL}


def _refuse_findings(repository: Repository, only: Collection[str]) -> None:
    """Refuse what `make check` finds in declarations that vendors would be told.

    Raises:
        LumaError: it finds something.

    """
    rules = [rule for name, rules in RULES.items() if name in only for rule in rules]
    if findings := [str(each) for rule in dict.fromkeys(rules) for each in rule(repository)]:
        raise LumaError("\n".join(findings))


def _code(codes: Collection[int]) -> int:
    return next(code for code in (engine.DIFFERENT, engine.WAITING, engine.EQUAL) if code in codes)


def _read(vendors: Sequence[Vendor], known: Known) -> dict[str, Plan]:
    """Return the plan of each vendor. All are read at the same time."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(engine.read, vendors))
    for vendor in vendors:
        known |= vendor.carries()
    return {vendor.name: engine.compare(vendor) for vendor in vendors}


def _apply(
    vendors: Sequence[Vendor], known: Known, plans: Mapping[str, Plan], yes: bool
) -> dict[str, Plan]:
    """Write what the plans show, and what becomes possible by that; return what is left.

    Raises:
        LumaError: some vendors' part failed; that of the others is written.

    """
    left, tried = dict(plans), set[tuple[str, str]]()
    failed: dict[str, LumaError] = {}
    before = -1
    while len(tried) > before:
        before = len(tried)
        for vendor in vendors:
            name = vendor.name
            if name in failed or left[name].code == engine.EQUAL:
                continue
            try:
                plan = engine.read(vendor) if tried else engine.compare(vendor)
                if plan.beyond(plans[name]):
                    print(f"{name}, beyond what was shown:")
                    engine.show(plan)
                    _confirm(yes)
                things = {(name, each.resource.title) for each in plan.ready}
                left[name] = engine.apply(vendor, plan) if things - tried else plan
                tried |= things
                known |= vendor.carries()
            except StoppedError:
                raise
            except LumaError as error:
                failed[name] = error
                if len(vendors) > 1:
                    print(f"{name} failed, the rest goes on: {error}", flush=True)
    if failed:
        _show_steps(plan for name, plan in left.items() if name not in failed)
        raise LumaError("\n".join(map(str, failed.values())))
    return left


def _show_steps(plans: Iterable[Plan], *, goes_on: bool = True) -> None:
    """Print what only a person can do, and whether something is left to do after that."""
    steps = dict.fromkeys(step for plan in plans for step in plan.steps)
    for step in steps:
        print(f"waiting for you: {step.text} {step.link}")
    if steps and goes_on:
        print("Run this again when it is done: it goes on where it ended.", flush=True)


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
        StoppedError: it is not wanted, or there is nobody to ask.

    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise StoppedError("Nothing was written: say --yes where there is no terminal to ask in.")
    if not questionary.confirm("Write this?", default=False).unsafe_ask():
        raise StoppedError("Nothing was written.")
