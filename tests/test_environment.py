"""The template's own virtual environment, where several commands want it at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from luma import environment


def test_commands_that_start_at_once_install_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A fleet's campaign starts several in a clone in which nothing is installed yet."""
    installed = []

    def pip_install(*, locked: Path) -> None:
        time.sleep(0.2)  # long enough for the others to look
        installed.append(locked.name)

    monkeypatch.setattr(environment, "VENV", tmp_path)
    monkeypatch.setattr(environment, "PYTHON", tmp_path)
    monkeypatch.setattr(environment, "pip_install", pip_install)

    with ThreadPoolExecutor(4) as commands:
        list(commands.map(environment.install, ["copier"] * 4))

    assert installed == ["copier.txt"]
