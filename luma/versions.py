"""The template's releases: which there are, what each brings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from packaging.version import Version

from luma.problems import LumaError

CHANGELOG = "CHANGELOG.md"
_RELEASE = re.compile(r"v\d+\.\d+\.\d+(rc\d+)?")
_HEADING = re.compile(r"^## +(v\S+|Unreleased)", re.MULTILINE)
_BY_HAND = re.compile(r"^### By hand\n+(.*?)(?=^### |\Z)", re.MULTILINE | re.DOTALL)
_ITEM = re.compile(r"^- +(.*(?:\n  .*)*)", re.MULTILINE)


def version(tag: str) -> Version:
    """Return a release's version, by which releases are sorted.

    Raises:
        LumaError: it isn't the name of a release.

    """
    if not is_release(tag):
        raise LumaError(f"{tag} is not a release: they are named like v1.2.3 or v1.2.3rc1.")
    return Version(tag)


def is_release(commit: str) -> bool:
    """Return whether a recorded commit is a tagged release."""
    return _RELEASE.fullmatch(commit) is not None


def is_candidate(tag: str) -> bool:
    """Return whether a release is a candidate, for canaries only."""
    return version(tag).is_prerelease


def sections(changelog: str) -> dict[str, str]:
    """Return the text below each heading of a changelog, the newest first."""
    parts = _HEADING.split(changelog)[1:]
    texts = zip(parts[::2], parts[1::2], strict=True)
    return {name: text.partition("\n")[2].strip() for name, text in texts}


def news(before: str, after: str, known: Collection[str]) -> list[tuple[str, str]]:
    """Return name and text of the sections that a later changelog has and an earlier one lacks.

    `known` names more releases that are no news, such as the one that the earlier changelog
    belongs to.
    """
    old = sections(before)
    return [
        (name, text)
        for name, text in sections(after).items()
        if text and old.get(name) != text and (name == "Unreleased" or name not in {*old, *known})
    ]


def by_hand(texts: Iterable[str]) -> Iterator[str]:
    """Return what a store's people have to do themselves, as the changelog words it."""
    for text in texts:
        for section in _BY_HAND.findall(text):
            yield from (" ".join(item.split()) for item in _ITEM.findall(section))
