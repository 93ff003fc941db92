"""The Python that has Copier: the running one, else one of the store's own. Standard library."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import venv
from importlib.util import find_spec
from pathlib import Path

from .problems import UpdateError
from .release import all_releases, fetch
from .store import Store

FOLDER = Path(".venv", "copier")
LOCK = Path("requirements", "copier.txt")


def has_copier() -> bool:
    """Tell whether this interpreter can run the template."""
    return all(map(find_spec, ("copier", "copier_template_extensions")))


def run_with_copier(store: Store) -> int:
    """Run this very command with an interpreter that has Copier; give its exit code.

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
    with tempfile.TemporaryDirectory(prefix="template-") as temporary:
        newest = all_releases(store.source)[-1]
        lock = fetch(store.source, newest, Path(temporary, "release")) / LOCK
        stamp, digest = folder / "lock.sha256", hashlib.sha256(lock.read_bytes()).hexdigest()
        python = folder / "bin" / "python"
        if stamp.exists() and stamp.read_text() == digest:
            return python
        print("Installing Copier into .venv/copier ...", file=sys.stderr, flush=True)
        venv.create(folder, clear=folder.exists(), with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.run(
            [*pip, "--require-hashes", "--requirement", str(lock)], stdout=sys.stderr, check=False
        ).returncode:
            raise UpdateError("Copier could not be installed: pip says why above.")
        stamp.write_text(digest)
    return python
