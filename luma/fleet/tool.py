"""The commands of this checkout, run for a store and on terms that the store cannot change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.luma import is_trusted

from luma import CHECKOUT
from luma.problems import LumaError
from luma.store import Store


def name_of(root: Path) -> str:
    """Return a store's name: what multi-gitter calls it, else its folder's last two parts."""
    return os.environ.get("REPOSITORY") or "/".join(root.parts[-2:])


def refuse_untrusted(source: str, trust: list[str]) -> None:
    """Let a store pass whose template is trusted.

    Raises:
        LumaError: it is not, and nothing was fetched from there.

    """
    if not is_trusted(source, trust):
        raise LumaError(f"Its template is {source}, which --trust does not name.")


def run(store: Store, trust: list[str], arguments: list[str]) -> dict[str, Any]:
    """Run a command of `luma` and return the object that it prints.

    With settings of its own, so that nobody's Copier settings count.
    """
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        settings = Path(folder, "settings.yml")
        settings.write_text(json.dumps({"trust": trust}), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, CHECKOUT / "luma", *arguments, "--store", store.root, "--json"],
            env={**os.environ, "COPIER_SETTINGS_PATH": str(settings)},
            capture_output=True,
            text=True,
            check=False,
        )
    try:
        printed: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        last = done.stderr.strip().splitlines()[-1:] or [f"It ended with {done.returncode}."]
        return {"state": "failed", "message": last[0]}
    return printed
