"""The template's releases: which there are, what each brings. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from .problems import UpdateError
from .store import git

_RELEASE = re.compile(r"v(\d+)\.(\d+)\.(\d+)(?:(a|b|rc)(\d+))?")
_HEADING = re.compile(r"^## +(v\S+)", re.MULTILINE)
_BY_HAND = re.compile(r"^### By hand\n+(.*?)(?=^### |\Z)", re.MULTILINE | re.DOTALL)
_ITEM = re.compile(r"^- +(.*(?:\n  .*)*)", re.MULTILINE)


def order(tag: str) -> tuple[int, int, int, str, int]:
    """Give a release's place among the others; a candidate comes before its release.

    Raises:
        UpdateError: it isn't the name of a release.

    """
    found = _RELEASE.fullmatch(tag)
    if found is None:
        raise UpdateError(f"{tag} is not a release: they are named like v1.2.3 or v1.2.3rc1.")
    major, minor, patch, stage, number = found.groups()
    return int(major), int(minor), int(patch), stage or "release", int(number or 0)


def is_release(commit: str) -> bool:
    """Tell whether a recorded commit is a tagged release."""
    return _RELEASE.fullmatch(commit) is not None


def is_remote(source: str) -> bool:
    """Tell whether an address leads to the template from every machine."""
    return "://" in source or "@" in source


def is_reachable(source: str) -> bool:
    """Tell whether an address can be one, wherever the store is: a URL, or a folder from /."""
    return is_remote(source) or Path(source).is_absolute()


def is_candidate(tag: str) -> bool:
    """Tell whether a release is a candidate, for canaries only."""
    return order(tag)[3] != "release"


def all_releases(source: str) -> list[str]:
    """Give every release that the template's repository has, the oldest first.

    Raises:
        UpdateError: it cannot be reached or has none.

    """
    try:
        listed = git("ls-remote", "--tags", "--refs", source, folder=Path.cwd())
    except UpdateError as error:
        raise UpdateError(f"The template at {source} cannot be reached. {error}") from error
    tags = {line.rpartition("refs/tags/")[2] for line in listed.splitlines()}
    releases = sorted(filter(is_release, tags), key=order)
    if not releases:
        raise UpdateError(f"The template at {source} has no release.")
    return releases


def choose(releases: list[str], wanted: str, *, candidates: bool) -> str:
    """Give the release to take: the wanted one, else the newest.

    Raises:
        UpdateError: the wanted one isn't there, or there are candidates only.

    """
    if wanted:
        if wanted not in releases:
            newest = ", ".join(releases[-3:])
            raise UpdateError(f"There is no release {wanted}. The newest are {newest}.")
        return wanted
    fitting = [tag for tag in releases if candidates or not is_candidate(tag)]
    if not fitting:
        raise UpdateError(f"There are candidates only, the newest is {releases[-1]}: name one.")
    return fitting[-1]


def fetch(source: str, tag: str, folder: Path) -> Path:
    """Clone one release of the template into a folder that doesn't exist yet.

    Raises:
        UpdateError: it cannot be reached.

    """
    quiet = ["-c", "advice.detachedHead=false", "clone", "--quiet", "--depth", "1"]
    git(*quiet, "--branch", tag, source, str(folder), folder=folder.parent)
    return folder


def news(changelog: str, after: str, upto: str) -> list[tuple[str, str]]:
    """Give name and text of each release after one and up to another, the newest first."""
    parts = _HEADING.split(changelog)[1:]
    sections = zip(parts[::2], parts[1::2], strict=True)
    return [
        (tag, _without_heading(text))
        for tag, text in sections
        if is_release(tag) and order(after) < order(tag) <= order(upto)
    ]


def by_hand(texts: Iterable[str]) -> Iterator[str]:
    """Give what a store's people have to do themselves, as the changelog words it."""
    for text in texts:
        for section in _BY_HAND.findall(text):
            yield from (" ".join(item.split()) for item in _ITEM.findall(section))


def _without_heading(text: str) -> str:
    return text.partition("\n")[2].strip()
