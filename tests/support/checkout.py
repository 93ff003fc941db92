"""The template's working tree, and git, as every test reaches them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKING_TREE_TAG = "v9999.0.0"
BUILD_CACHE = "LUMA_TESTS_BUILD_CACHE"
"""The variable that names the folder where a run keeps what Next.js has compiled."""
Generate = Callable[..., Path]


def shared_by_workers(factory: pytest.TempPathFactory) -> Path:
    """Return the folder that all workers of a run have in common."""
    base = factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


def git(*arguments: str, cwd: Path) -> str:
    """Run git and return what it prints."""
    return subprocess.run(
        ["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True
    ).stdout


def export_template(destination: Path) -> Path:
    """Copy the template's files as they are in the working tree, committed or not."""
    listed = git("ls-files", "-co", "--exclude-standard", "-z", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if source.exists():
            target = destination / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return destination
