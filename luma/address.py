"""The template's address as Copier records it. Standard library only."""

from __future__ import annotations

import re
from pathlib import Path

# The addresses that Copier takes for git repositories. Source: copier/_vcs.py of Copier 9.19.1.
_GIT_PREFIXES = (
    "git@", "git://", "git+", "https://github.com/", "https://gitlab.com/", "gh:", "gl:",
)  # fmt: skip
_REMOTE = re.compile(r"gh:|gl:|[\w.+-]+://|[\w.-]+@")


def is_remote(source: str) -> bool:
    """Return whether an address leads to the template from every machine."""
    return _REMOTE.match(source) is not None


def problem(source: str) -> str:
    """Return why no update can come from an address, and what to write; empty where one can."""
    if not is_remote(source):
        if Path(source).expanduser().is_absolute():
            return ""
        return f"{source} is a relative path, which is not found from here. Write the full address"
    if source.endswith(".git") or source.startswith(_GIT_PREFIXES):
        return ""
    return f"Copier takes {source} for a folder, not for a git repository. Write git+{source}"
