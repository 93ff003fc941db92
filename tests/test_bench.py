"""The measurements start with what the Makefile gives them."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from support.checkout import ROOT

COMMANDS = re.findall(
    r"^\tPYTHONPATH=\$\(IMPORTS\) \$\(VENV\)/python -m (\S+)$",
    (ROOT / "Makefile").read_text(),
    re.MULTILINE,
)
[IMPORTS] = re.findall(r"^IMPORTS := (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("module", COMMANDS)
def test_a_measurement_starts(module: str) -> None:
    environment = {name: value for name, value in os.environ.items() if "LUMA_TESTS" not in name}
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": IMPORTS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: ")
