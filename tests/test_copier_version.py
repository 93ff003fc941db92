"""The suite runs with the newest Copier, and what goes through it with the oldest one too."""

from __future__ import annotations

import os
import re
from importlib.metadata import version
from pathlib import Path

import yaml
from support.checkout import ROOT
from support.copier_cli import copier

from luma.testing import OLDEST_COPIER


def pinned(requirements: str) -> str:
    """Return the Copier that a lock file names."""
    text = (ROOT / "requirements" / requirements).read_text(encoding="utf-8")
    [found] = re.findall(r"^copier==(\S+)", text, re.MULTILINE)
    return str(found)


def test_the_oldest_copier_is_the_one_that_the_template_admits() -> None:
    settings = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))

    assert pinned("oldest.txt") == settings["_min_copier_version"]


def test_copier_is_the_wanted_one_here_and_in_processes_that_tests_start(tmp_path: Path) -> None:
    oldest = os.environ.get("PYTHONPATH") == str(OLDEST_COPIER)
    wanted = pinned("oldest.txt" if oldest else "dev.txt")

    assert version("copier") == wanted
    assert copier("--version", cwd=tmp_path).text.split()[-1] == wanted
