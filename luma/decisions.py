"""The decisions of a checkout of the template, whichever release it is."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from typing import Any


def load_decisions(checkout: Path) -> Any:
    """Load a checkout's package `decisions`, apart from those of every other checkout."""
    return run_path(str(checkout / "extensions" / "extension.py"))["decisions"]
