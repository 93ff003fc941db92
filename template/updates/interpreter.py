"""The Python that has Copier: the running one, else one of the store's own. Standard library."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

from .clone import cloned, newest_of_all
from .problems import UpdateError
from .store import Store

FOLDER = Path(".venv", "copier")
LOCK = "requirements/copier.txt"


def has_copier() -> bool:
    """Return whether this interpreter can run the template."""
    return all(map(find_spec, ("copier", "copier_template_extensions")))


def run_with_copier(store: Store) -> int:
    """Run this very command with an interpreter that has Copier; return its exit code.

    Raises:
        UpdateError: Copier cannot be installed.

    """
    command = [str(_installed(store)), "-m", __package__, *sys.argv[1:]]
    package = str(Path(__file__).parent.parent)
    return subprocess.run(
        command, env={**os.environ, "PYTHONPATH": package}, check=False
    ).returncode


def _installed(store: Store) -> Path:
    """Install the Copier that the newest release is locked to, unless it is there already."""
    folder = store.root / FOLDER
    stamp, python = folder / "lock.sha256", folder / "bin" / "python"
    with cloned(store.source) as clone:
        lock = clone.text(newest_of_all(clone), LOCK)
    digest = hashlib.sha256(lock.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return python
    print("Installing Copier into .venv/copier ...", file=sys.stderr, flush=True)
    venv.create(folder, clear=folder.exists(), with_pip=True)
    requirements = folder / "requirements.txt"
    requirements.write_text(lock, encoding="utf-8")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command = [*pip, "--require-hashes", "--requirement", str(requirements)]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        raise UpdateError("Copier could not be installed: pip says why above.")
    stamp.write_text(digest)
    return python
