"""git, in whatever repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

from luma.problems import LumaError


def git(*arguments: str, folder: Path) -> str:
    """Return what git prints.

    Raises:
        LumaError: git refused; the text is its own.

    """
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        reason = " ".join(done.stderr.split()) or f"it ended with {done.returncode}"
        raise LumaError(f"git {arguments[0]}: {reason}")
    return done.stdout


def blob(folder: Path, name: str) -> bytes | None:
    """Return the bytes that git knows under a name such as `HEAD:./path` or `:1:./path`."""
    done = subprocess.run(["git", "show", name], cwd=folder, capture_output=True, check=False)
    return None if done.returncode else done.stdout
