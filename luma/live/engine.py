"""Compare what is declared with what a vendor has, and write the difference.

There is no state file. A thing is found by its name and parent, and read afresh before it is
written, so that running a command again goes on where it ended. Nothing is deleted: what is there
beyond the declarations is shown and left alone.
"""

from __future__ import annotations

import argparse
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from luma.problems import LumaError

EQUAL, FAILED, DIFFERENT, WAITING = range(4)
"""The exit codes of a command that compares."""
ATTEMPTS = 3
SETTLE_SECONDS = 1.0
"""A vendor may still be at work on a request whose answer was lost."""
HIDDEN = "as it is set here, not shown"
"""What is compared and shown in place of a secret."""

SEPARATOR = ","
"""Between the two values that a secret has while it is replaced: the first is the one to send."""

Fields = dict[str, str]


class UnclearError(LumaError):
    """Nobody can tell whether a request was carried out: its answer was lost or contradicts."""


class StoppedError(LumaError):
    """A person wants nothing more to be written."""


@dataclass(frozen=True)
class Step:
    """What only a person can do, and where. That it is done is seen by reading again."""

    text: str
    link: str


@dataclass(frozen=True)
class After:
    """What waits for another vendor, and goes on by itself in the same run."""

    vendor: str


class Known(dict[str, str]):
    """The values of variables that one vendor has and others need, by the variable's name."""

    def __init__(self) -> None:
        super().__init__()
        self.promised: dict[str, str] = {}
        """Which vendor of this run will have a value, by the variable's name."""

    def value(self, variable: str) -> str:
        """Return a variable's value, as a vendor or this machine's environment has it; else ""."""
        return self.get(variable) or os.environ.get(variable, "")

    def waits_for(self, variable: str) -> After | None:
        """Return the vendor that will have a variable's value."""
        vendor = self.promised.get(variable)
        return After(vendor) if vendor and variable not in self else None


class Parser(argparse.ArgumentParser):
    """Reads the arguments of a command that compares."""

    def error(self, message: str) -> NoReturn:
        """Exit with 1 instead of argparse's 2, which means differences here."""
        self.exit(FAILED, f"{message}\n{self.format_usage()}")


def as_text(value: object) -> str:
    """Return a value so that it can be compared and shown: a list in any order is the same."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        return ", ".join(sorted(map(as_text, value)))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


class Resource(ABC):
    """One declared thing, and how a vendor holds it."""

    title: str
    """Its kind and name."""
    declared_in: tuple[str, ...] = ()
    """The store's file that declares it, and the names below which it is in there."""
    place: str = ""
    """The same as a file and a line, where somebody has looked."""
    comes_with_parent = False
    """Whether the vendor makes it, with values of its own, when its parent is made."""

    @abstractmethod
    def wanted(self) -> Fields:
        """Return what is declared, as comparable text."""

    @abstractmethod
    def found(self) -> Fields | None:
        """Return what the vendor has of that name, as comparable text; None for nothing.

        Raises:
            LumaError: it cannot be read, or must not be adopted.

        """

    @abstractmethod
    def write(self) -> None:
        """Create it, or change it where it is there.

        Raises:
            UnclearError: it may or may not have been carried out.
            LumaError: the vendor refused it.

        """

    def waits_for(self) -> Step | After | None:
        """Return what has to be done before this can be written, by a person or elsewhere."""
        return None


class Vendor(ABC):
    """What a store declares for one vendor."""

    name: str
    account: str
    """Which of its accounts is compared, for a person."""
    resources: Sequence[Resource]
    """In the order in which they are written."""
    whole: str = "is as declared"
    """What is true of it when nothing differs."""
    promises: Collection[str] = ()
    """The variables whose values it has once all is as declared, and which others need."""

    @abstractmethod
    def undeclared(self) -> Iterator[str]:
        """Return what is there beyond the declarations."""

    @abstractmethod
    def forget(self) -> None:
        """Read everything again from now on."""

    def unreadable(self) -> Iterator[str]:
        """Return what is there and declared, but is never shown by the vendor."""
        return iter(())

    def unset(self) -> Iterator[str]:
        """Return what is optional, and not there because nobody has said its value."""
        return iter(())

    def carries(self) -> dict[str, str]:
        """Return the values of variables that other vendors need, as far as they are there."""
        return {}


@dataclass(frozen=True)
class Difference:
    """One thing to write, with each field's current and declared value."""

    resource: Resource
    fields: tuple[tuple[str, str, str], ...]
    is_new: bool
    step: Step | After | None

    @property
    def waits(self) -> str:
        """Return for whom it waits: for a vendor, for "you", or for nobody."""
        if isinstance(self.step, After):
            return self.step.vendor
        return "you" if self.step else ""


@dataclass(frozen=True)
class Plan:
    """All differences between a vendor and the declarations."""

    differences: tuple[Difference, ...]
    unchanged: int
    undeclared: tuple[str, ...]
    unreadable: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()

    @property
    def ready(self) -> list[Difference]:
        """Return what can be written now."""
        return [difference for difference in self.differences if difference.step is None]

    @property
    def steps(self) -> list[Step]:
        """Return what a person has to do, each step once."""
        waiting = [each.step for each in self.differences if isinstance(each.step, Step)]
        return list(dict.fromkeys(waiting))

    @property
    def code(self) -> int:
        """Return the exit code."""
        if self.ready:
            return DIFFERENT
        return WAITING if self.differences else EQUAL

    def beyond(self, shown: Plan) -> bool:
        """Return whether more can be written now than was shown, or something else."""
        fields = {each.resource.title: each.step or each.fields for each in shown.differences}
        return any(
            isinstance(seen := fields.get(each.resource.title, ()), tuple) and seen != each.fields
            for each in self.ready
        )


def read(vendor: Vendor, so_far: str = "Nothing was written.") -> Plan:
    """Read all of a vendor, and compare it with what is declared.

    Raises:
        LumaError: something cannot be read.

    """
    vendor.forget()
    return compare(vendor, so_far)


def compare(vendor: Vendor, so_far: str = "Nothing was written.") -> Plan:
    """Compare all that is declared for a vendor with what has been read of it.

    Raises:
        LumaError: something cannot be read.

    """
    differences, undeclared = [], []
    try:
        for resource in vendor.resources:
            difference, beyond = _compare(resource)
            undeclared += beyond
            if difference:
                differences.append(difference)
        undeclared += vendor.undeclared()
        unreadable, unset = tuple(vendor.unreadable()), tuple(vendor.unset())
    except LumaError as error:
        raise LumaError(f"{error} {so_far}") from error
    unchanged = len(vendor.resources) - len(differences)
    return Plan(tuple(differences), unchanged, tuple(undeclared), unreadable, unset)


def _compare(resource: Resource) -> tuple[Difference | None, list[str]]:
    """Return how a thing differs, and what it has beyond its declaration."""
    found, wanted = resource.found(), resource.wanted()
    if found is None:
        fields = tuple((field, "", new) for field, new in wanted.items())
        return Difference(resource, fields, True, resource.waits_for()), []
    beyond = [
        f"{resource.title}: {field} = {value}"
        for field, value in found.items()
        if field not in wanted
    ]
    changed = tuple(
        (field, found.get(field, ""), new)
        for field, new in wanted.items()
        if found.get(field, "") != new
    )
    if not changed:
        return None, beyond
    return Difference(resource, changed, False, resource.waits_for()), beyond


def as_data(name: str, plan: Plan) -> dict[str, Any]:
    """Return a vendor's plan for programs."""
    return {
        "vendor": name,
        "differences": [
            {
                "thing": each.resource.title,
                "is_new": each.is_new,
                "fields": [
                    {"field": field, "found": found, "declared": declared}
                    for field, found, declared in each.fields
                ],
                "declared_in": each.resource.place,
                "waits_for": each.waits,
            }
            for each in plan.differences
        ],
        "undeclared": list(plan.undeclared),
        "unreadable": list(plan.unreadable),
        "unset": list(plan.unset),
        "steps": [{"text": step.text, "link": step.link} for step in plan.steps],
    }


def show(plan: Plan) -> None:
    """Print a plan: each difference field by field and where it is declared, and what is left."""
    for difference in plan.differences:
        print(f"{'create' if difference.is_new else 'change'} {difference.resource.title}")
        for field, old, new in difference.fields:
            before = "" if difference.is_new else f"{old or 'unset'} -> "
            if before or new:
                print(f"  {field}: {before}{new or 'unset'}")
        if difference.resource.place:
            print(f"  (declared in {difference.resource.place})")
        if difference.step:
            print(f"  (waits for {difference.waits})")
    for line in plan.undeclared:
        print(f"not declared here, left alone: {line}")
    for line in plan.unreadable:
        print(f"there, but never shown, so not compared: {line}")
    for line in plan.unset:
        print(f"optional, and not set: {line}")
    to_create = sum(difference.is_new for difference in plan.differences)
    to_change = len(plan.differences) - to_create
    print(
        f"{to_create} to create, {to_change} to change, {plan.unchanged} unchanged,"
        f" {len(plan.undeclared)} not declared here",
    )
    print(end="", flush=True)


def apply(vendor: Vendor, plan: Plan) -> Plan:
    """Write what a plan shows, as far as no person's step is in the way; return what is left.

    Raises:
        LumaError: a write failed. The text says what was written and what was not.
        StoppedError: a person has interrupted it. So does this text.

    """
    titles = [difference.resource.title for difference in plan.ready]
    written = []
    for done, difference in enumerate(plan.ready):
        try:
            if _write(vendor, difference):
                written.append(titles[done])
        except (LumaError, KeyboardInterrupt) as error:
            kind = StoppedError if isinstance(error, KeyboardInterrupt) else LumaError
            raise kind(
                f"{str(error) or 'Interrupted.'} Written: {', '.join(written) or 'nothing'}."
                f" Not confirmed: {titles[done]}."
                f" Not begun: {', '.join(titles[done + 1 :]) or 'nothing'}."
                " Run this again: it writes only what is missing."
            ) from error
    left = read(vendor, "Everything was written, but could not be read back: run plan.")
    if left.ready:
        print(f"{vendor.name} accepted the values, but returns others:")
        show(left)
    elif not left.differences:
        print(f"{vendor.name} {vendor.whole}.", flush=True)
    return left


def _write(vendor: Vendor, shown: Difference) -> bool:
    """Write one thing, unless it has changed since it was shown; return whether it is there now.

    It is read right before, and again where the answer is lost: a request that was carried out is
    never sent twice.

    Raises:
        LumaError: the vendor refused it, or somebody else has changed the thing.

    """
    title, sent = shown.resource.title, 0
    while True:
        vendor.forget()
        now, _ = _compare(shown.resource)
        if now is None:
            print(f"{'written' if sent else 'already there'}: {title}", flush=True)
            return True
        expected = shown.is_new and shown.resource.comes_with_parent
        if now.fields != shown.fields and not (sent or expected):
            raise LumaError(f"Somebody changed the {title} after the plan was shown.")
        if now.step:
            print(f"waits for {now.waits}: {title}", flush=True)
            return False
        try:
            shown.resource.write()
        except UnclearError:
            sent += 1
            if sent == ATTEMPTS:
                raise
            print(f"unclear, reading again: {title}", flush=True)
            time.sleep(SETTLE_SECONDS)
        else:
            print(f"written: {title}", flush=True)
            return True
