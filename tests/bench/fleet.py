"""Update fleets of stores with the fleet's driver, and with a plain loop of `copier update`.

Every fleet has stores of three releases with their teams' edits; some are in conflict, some hold
changes that nobody committed, some have the release already. What the driver says of each is
compared with what it has to say, every line of the teams is looked for, and a second run has to
write nothing. The contenders take turns at going first.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.checkout import WORKING_TREE_TAG
from support.edits import apply, edits_for
from support.fleets import Fleet, heads, lost, with_python
from support.history import RECORDED, build_history
from support.later import NEXT, change, edit, publish, store_of
from support.stores import commit

from bench.copying import children_cpu, make_hermetic, print_rows

README = "You need Python 3.11 or later"
STATES = ("updated", "updated", "updated", "conflict", "updated", "updated", "current", "refused")
"""What becomes of a store, in turn."""


@dataclass
class Run:
    """One contender over one fleet: seconds of wall, and of user and system time."""

    name: str
    stores: int
    wall: float
    cpu: float

    def row(self) -> tuple[str, ...]:
        """Return the run's line of the table."""
        per_store = (f"{seconds / self.stores:.2f}" for seconds in (self.wall, self.cpu))
        return (self.name, str(self.stores), f"{self.wall:.1f}", *per_store)


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description="Measure updating many stores.")
    parser.add_argument("--stores", type=int, nargs="+", default=[10, 50, 100], metavar="N")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-fleet-") as folder:
        work = Path(folder).resolve()
        make_hermetic(work)
        models = make_models(work)
        runs: list[Run] = []
        for turn, size in enumerate(options.stores):
            contenders = [driver(2), driver(4), loop]
            for contender in contenders[turn % 3 :] + contenders[: turn % 3]:
                with fleet_of(models, size, work / "fleet") as fleet:
                    runs.append(contender(fleet))
                    print(f"{size} stores, {runs[-1].name}: {runs[-1].wall:.0f} s", flush=True)
    print()
    rows = [run.row() for run in sorted(runs, key=lambda run: (run.name, run.stores))]
    print_rows([("contender", "stores", "wall s", "wall s / store", "CPU s / store"), *rows])
    print_ratios(runs)


def make_models(work: Path) -> Fleet:
    """Generate one store of each kind; the fleets are copies of them."""
    models = Fleet(work / "models", work / "acme" / "template")
    build_history(models.template)
    with_python(models.template)
    (models.template / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n")
    change(models.template, "template/README.md.jinja", README, "You need Python 3.12 or later")
    publish(models.template, NEXT, "### Changed\n\n- Python 3.12.\n")
    for number, tag in enumerate((*[*RECORDED][:2], WORKING_TREE_TAG)):
        store = store_of(models.template, models.store(f"updated-{number}"), tag)
        apply(store, edits_for(store))
        commit(store, "Make it ours")
        conflict = models.store(f"conflict-{number}")
        shutil.copytree(store, conflict, symlinks=True)
        edit(conflict, "README.md", README, "You need Python 3.13 or later")
        refused = models.store(f"refused-{number}")
        shutil.copytree(store, refused, symlinks=True)
        (refused / "note.txt").write_text("Nobody has committed this.\n")
        store_of(models.template, models.store(f"current-{number}"), NEXT)
    return models


@contextmanager
def fleet_of(models: Fleet, size: int, folder: Path) -> Iterator[Fleet]:
    """Return a fleet whose stores are named after what has to become of them."""
    fleet = Fleet(folder, models.template)
    for number in range(size):
        state = STATES[number % len(STATES)]
        model = models.store(f"{state}-{number % 3}")
        shutil.copytree(model, fleet.store(f"{state}-{number:03}"), symlinks=True)
    yield fleet
    shutil.rmtree(folder)


def driver(processes: int) -> Callable[[Fleet], Run]:
    """Return the driver under xargs as a contender; each of its runs has to be right."""

    def run(fleet: Fleet) -> Run:
        edited = {store.name: store for store in fleet.stores()}
        campaign = ("--to", NEXT, "--commit")
        with stopwatch(f"driver, xargs -P {processes}", len(edited)) as measured:
            fleet.campaign(*campaign, processes=processes)
        assert fleet.states() == {name: name.partition("-")[0] for name in edited}
        assert [line for store in edited.values() for line in lost(store)] == []
        said, then = fleet.reports(), heads(fleet)
        with stopwatch("second run", len(edited)) as again:
            fleet.campaign(*campaign, processes=processes)
        assert (fleet.reports(), heads(fleet)) == (said, then)
        counted = Counter(fleet.states().values())
        states = ", ".join(f"{count} {state}" for state, count in counted.items())
        print(f"  {states}; second run: {again.wall:.1f} s, nothing written")
        return measured

    return run


def loop(fleet: Fleet) -> Run:
    """Update one store after the other with Copier, each with a cache of its own."""
    copier = [sys.executable, "-m", "copier", "update", "--trust", "--defaults", "--vcs-ref", NEXT]
    stores = fleet.stores()
    with stopwatch("loop of copier update", len(stores)) as measured:
        for store in stores:
            with tempfile.TemporaryDirectory(prefix="copier-cache-") as cache:
                environment = {**os.environ, "COPIER_CACHE_DIR": cache}
                subprocess.run(
                    [*copier, "--quiet", str(store)],
                    env=environment,
                    capture_output=True,
                    check=False,
                )
    return measured


@contextmanager
def stopwatch(name: str, stores: int) -> Iterator[Run]:
    """Measure what is done within, child processes included."""
    run = Run(name, stores, 0.0, 0.0)
    started, used = time.perf_counter(), children_cpu()
    yield run
    run.wall, run.cpu = time.perf_counter() - started, children_cpu() - used


def print_ratios(runs: list[Run]) -> None:
    """Print the driver against the loop, and how time per store grows with the fleet."""
    by = {(run.name, run.stores): run for run in runs}
    names = list(dict.fromkeys(run.name for run in runs if run.name.startswith("driver")))
    sizes = sorted({run.stores for run in runs})
    print()
    for size in sizes:
        least = by["loop of copier update", size]
        for name in names:
            mine = by[name, size]
            wall, cpu = mine.wall / least.wall, mine.cpu / least.cpu
            print(f"{size} stores: {name} / loop = {wall:.2f} of wall, {cpu:.2f} of CPU")
    for name in names:
        first, last = by[name, sizes[0]], by[name, sizes[-1]]
        growth = (last.wall / last.stores) / (first.wall / first.stores)
        print(f"{name}: time per store, {last.stores} against {first.stores} stores = {growth:.2f}")
    print(
        "The loop asks no --trust prefix, tells no conflict from an update (Copier ends with 0), "
        "leaves markers in files, commits nothing and reports nothing."
    )


if __name__ == "__main__":
    main()
