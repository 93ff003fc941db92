"""The checkout's virtual environment. Standard library only: this is what installs the rest."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from luma import CHECKOUT

VENV = CHECKOUT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCKS = CHECKOUT / "requirements"


def install(name: str) -> Path:
    """Install a locked set of packages, unless it is there; return the Python that has it."""
    locked = LOCKS / f"{name}.txt"
    with alone(CHECKOUT):
        if is_stale(VENV, locked):
            say(f"Installing {locked.relative_to(CHECKOUT)} into .venv (under a minute) ...")
            if not PYTHON.exists():
                _make()
            pip_install(locked=locked)
            remember(VENV, locked)
    return PYTHON


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Let one command at a time into a folder; the next one then finds what the first has done."""
    if sys.platform == "win32":  # which has no such lock
        yield
        return
    import fcntl  # noqa: PLC0415 - Windows does not have it

    folder = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def pip_install(*options: str, locked: Path) -> None:
    """Install what a lock file names, and nothing else."""
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    must([*pip, *options, "--require-hashes", "--requirement", str(locked)])


def _make() -> None:
    try:
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    except subprocess.CalledProcessError:
        sys.exit("Python's venv module is incomplete: on Debian, apt-get install python3-venv.")


def is_stale(folder: Path, locked: Path) -> bool:
    """Return whether a folder was installed from another lock file than this one."""
    stamp = folder / f".{locked.stem}.sha256"
    return not stamp.exists() or stamp.read_text() != _digest(locked)


def remember(folder: Path, locked: Path) -> None:
    """Note which lock file a folder was installed from."""
    (folder / f".{locked.stem}.sha256").write_text(_digest(locked))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def need(program: str) -> None:
    """End with a sentence when a program is missing."""
    if shutil.which(program) is None:
        package = {"npm": "Node.js 20 or later"}.get(program, program)
        sys.exit(f"{program} was not found: install {package} and run this again.")


def run(
    command: list[str], folder: Path = CHECKOUT, environment: Mapping[str, str] | None = None
) -> int:
    """Run a command where the user sees it; return its exit code."""
    sys.stdout.flush()
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


def must(command: list[str], folder: Path = CHECKOUT) -> None:
    """Run a command and end with its exit code when it fails."""
    if code := run(command, folder):
        sys.exit(code)


def say(text: str) -> None:
    """Print a line to standard error at once."""
    print(text, file=sys.stderr, flush=True)
