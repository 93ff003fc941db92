"""The command line as a person runs it, and a folder's content as a value to compare."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from support.warm import Python

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Outcome:
    """How a command ended and all that it printed, without colours."""

    code: int
    text: str

    @property
    def sentence(self) -> str:
        """Return the last line, where Copier prints why it ended."""
        lines = [line for line in self.text.splitlines() if line.strip()]
        return lines[-1] if lines else ""


def copier(
    *arguments: str | Path,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    python: Sequence[str] = (sys.executable,),
    wrapper: Sequence[str] = (),
) -> Outcome:
    """Run `copier` as a process of its own, without a terminal.

    `python` is the interpreter's command, `wrapper` a command that runs another one. Where one of
    them or a variable is given, the process starts from nothing, else with Copier imported.
    """
    command = [*wrapper, *python, "-m", "copier", *map(str, arguments)]
    if environment is None and command[0] == sys.executable:
        return run_warm(command[1:], cwd)
    return run(command, cwd=cwd, environment=environment)


def run_warm(
    arguments: Sequence[str | Path],
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    """Run Python with Copier imported already, without a terminal."""
    with NamedTemporaryFile() as output:
        code = Python(arguments, cwd, environment, output.name).wait()
        return Outcome(code, _COLOUR.sub("", output.read().decode()))


def run(
    command: Sequence[str], cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> Outcome:
    """Run a command without a terminal."""
    finished = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return Outcome(finished.returncode, _COLOUR.sub("", finished.stdout))


def content(folder: Path) -> dict[str, tuple[bool, str]]:
    """Map each file to whether it is executable and a digest of its bytes; git's own apart."""
    return {
        path.relative_to(folder).as_posix(): (
            os.access(path, os.X_OK) if not path.is_symlink() else False,
            hashlib.sha256(
                os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            ).hexdigest(),
        )
        for path in sorted(folder.rglob("*"))
        if (path.is_symlink() or path.is_file()) and ".git" not in path.relative_to(folder).parts
    }
