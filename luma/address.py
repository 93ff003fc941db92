"""The template's address as Copier records it, and as git reads it. Standard library only."""

from __future__ import annotations

import re
from pathlib import Path

# The addresses that Copier takes for git repositories. Source: copier/_vcs.py of Copier 9.19.1.
_GIT_PREFIXES = ("git@", "git://", "git+", "https://github.com/", "https://gitlab.com/")
_SHORT = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}
_REMOTE = re.compile(r"gh:|gl:|[\w.+-]+://|[\w.-]+@")


def is_remote(source: str) -> bool:
    """Return whether an address leads to the template from every machine."""
    return _REMOTE.match(source) is not None


def for_git(source: str) -> str:
    """Return the address that git reads for one that Copier takes."""
    for short, full in _SHORT.items():
        if source.startswith(short):
            return full + source.removeprefix(short).lstrip("/")
    return source.removeprefix("git+")


def problem(source: str) -> str:
    """Return why no update can come from an address, and what to write; empty where one can."""
    if not is_remote(source):
        if Path(source).expanduser().is_absolute():
            return ""
        return f"{source} is a relative path, which is not found from here. Write the full address"
    if source.endswith(".git") or source.startswith((*_GIT_PREFIXES, *_SHORT)):
        return ""
    return f"Copier takes {source} for a folder, not for a git repository. Write git+{source}"
