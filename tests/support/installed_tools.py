"""A store in which `make setup` has installed the tools, as far as the launcher needs them."""

from __future__ import annotations

import sys
import venv
from pathlib import Path

import yaml

from support.checkout import ROOT

PYTHON = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
"""A Python that has no packages, as a person's own."""
LOG = "UV_STAND_IN"
"""The variable that names the file in which the stand-in for uv notes its calls."""


def install_tools(store: Path) -> None:
    """Give a store PyYAML, and a uv that lends the packages of these tests."""
    venv.create(store / "tools/.venv")
    (packages,) = (store / "tools/.venv").glob("lib/*/site-packages")
    (packages / "yaml").symlink_to(Path(yaml.__file__).parent)
    program(
        store / "tools/.venv/bin/uv", (ROOT / "tests/support/uv_stand_in.py").read_text("utf-8")
    )


def program(path: Path, text: str) -> None:
    """Write a program that the tests' own Python runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
    path.chmod(0o755)
