"""What is at GitHub, for `luma live`: a repository to push to, and the secrets that `gh` sees."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from support.checkout import ROOT, git
from support.stores import commit

ADDRESS = "git@github.com:lamps/shop.git"


class Side:
    """An empty repository, and gh logged in."""

    def __init__(self, folder: Path) -> None:
        self.remote = folder / "remote.git"
        self.bin = folder / "bin"
        self._state = folder / "gh.json"
        self.set(secrets={}, processes=[])
        self.bin.mkdir()
        stand_in = ROOT / "tests/support/gh_stand_in.py"
        command = f'GH_STAND_IN={self._state} exec {sys.executable} -B {stand_in} "$@"'
        (self.bin / "gh").write_text(f"#!/bin/sh\n{command}\n")
        (self.bin / "gh").chmod(0o755)
        git("init", "-q", "--bare", "-b", "main", str(self.remote), cwd=folder)

    @property
    def state(self) -> dict[str, Any]:
        """Return what the stand-in for gh knows."""
        held: dict[str, Any] = json.loads(self._state.read_text())
        return held

    def set(self, **fields: Any) -> None:
        """Change what the stand-in for gh knows."""
        held = self.state if self._state.exists() else {"calls": []}
        self._state.write_text(json.dumps(held | fields))

    @property
    def writes(self) -> list[str]:
        """Return the secrets that were set, in that order."""
        processes = [each["arguments"][1:] for each in self.state["processes"]]
        return [arguments[2] for arguments in processes if arguments[:2] == ["secret", "set"]]

    def copy(self, store: Path, folder: Path) -> Path:
        """Return a copy of a store with one commit, and with the repository where GitHub is."""
        copied = Path(shutil.copytree(store, folder))
        git("init", "-q", "-b", "main", cwd=copied)
        git("remote", "add", "origin", ADDRESS, cwd=copied)
        git("config", f"url.{self.remote}.insteadOf", ADDRESS, cwd=copied)
        commit(copied, "Start the store")
        return copied
