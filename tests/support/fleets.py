"""Fleets of stores for tests and measurements, and what must not happen to them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from luma.fleet import reports
from luma.fleet.reports import Report
from support.checkout import git


@dataclass(frozen=True)
class Fleet:
    """Checkouts of stores in stores/acme/, and the template's, in which the driver lies."""

    folder: Path
    template: Path

    @property
    def driver(self) -> list[str]:
        """Return the driver's command, without options and store."""
        return [sys.executable, str(self.template / "luma"), "fleet", "update"]

    @property
    def terms(self) -> list[str]:
        """Return the options that let the driver take stores of this fleet's template."""
        return ["--trust", f"{self.template.parent}/", "--reports"]

    def store(self, name: str) -> Path:
        """Return a store's checkout."""
        return self.folder / "stores" / "acme" / name

    def stores(self) -> list[Path]:
        """Return every checkout of a store."""
        return sorted((self.folder / "stores" / "acme").iterdir())

    def campaign(self, *options: str, processes: int = 4) -> subprocess.CompletedProcess[str]:
        """Run the driver over every checkout, several at a time."""
        xargs = ["xargs", "-P", str(processes), "-n", "1"]
        return subprocess.run(
            [*xargs, *self.driver, *self.terms, "reports", *options],
            input="".join(f"{store.relative_to(self.folder)}\n" for store in self.stores()),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def reports(self) -> dict[str, Report]:
        """Return the last report of each store."""
        found = reports.read_all(self.folder / "reports")
        return {report.store.removeprefix("acme/"): report for report in found}

    def states(self) -> dict[str, str]:
        """Return the state that each store was reported in."""
        return {name: report.state for name, report in self.reports().items()}


def with_python(template: Path) -> None:
    """Make the Python that runs these tests the .venv of a template's checkout."""
    (template / ".venv").symlink_to(sys.prefix)
    (template / ".git/info/exclude").write_text(".venv\n")


def heads(fleet: Fleet) -> dict[str, tuple[str, ...]]:
    """Return what git knows of each checkout: commit, branch, status and the index's bytes."""
    return {
        store.name: (
            git("rev-parse", "HEAD", cwd=store),
            git("branch", "--show-current", cwd=store),
            git("status", "--porcelain", cwd=store),
            git("ls-files", "--stage", cwd=store),
        )
        for store in fleet.stores()
    }


def lost(store: Path) -> Iterator[str]:
    """Return each line that the team has added and that is gone, each file that is back."""
    start, *_ = git("rev-list", "--max-parents=0", "HEAD", cwd=store).split()
    edited = git("rev-parse", "main", cwd=store).strip()
    for line in git("diff", "--name-status", "--no-renames", start, edited, cwd=store).splitlines():
        status, file = line.split("\t")
        if status == "D":
            if (store / file).exists():
                yield f"{file} is back"
            continue
        text = (store / file).read_text().splitlines()
        difference = git("diff", "-U0", "--no-renames", start, edited, "--", file, cwd=store)
        added = re.findall(r"^\+(?!\+\+ )(.*)$", difference, re.MULTILINE)
        yield from (f"{file}: {entry}" for entry in added if entry not in text)
