"""Canaries first: who takes a release candidate, and what a release waits for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from luma.fleet import reports
from luma.problems import LumaError
from luma.versions import is_candidate, version


def names(file: Path) -> list[str]:
    """Return the repositories that a file names, one a line; # begins a comment."""
    lines = (line.partition("#")[0] for line in file.read_text(encoding="utf-8").splitlines())
    return [line.strip() for line in lines if line.strip()]


def hold_back(store: str, release: str, canaries: list[str], folder: Path) -> None:
    """Let a canary pass, and any other store once the canaries have shown the release to be good.

    Raises:
        LumaError: the store has to wait.

    """
    if store in canaries:
        return
    if is_candidate(release):
        raise LumaError(f"{release} is a candidate, for the canaries only.")
    if waiting := list(_not_passed(release, canaries, folder)):
        raise LumaError(
            f"{release} waits for the canaries: {', '.join(waiting)}. "
            "--without-canaries does not wait."
        )


def _not_passed(release: str, canaries: list[str], folder: Path) -> Iterator[str]:
    for canary in canaries:
        report = reports.read(folder, canary)
        if report is None or version(report.release).release != version(release).release:
            yield f"{canary} has not taken it"
        elif report.state not in reports.PASSED:
            yield f"{canary} ended as {report.state}"
        elif report.findings is None:
            yield f"{canary} was not checked"
