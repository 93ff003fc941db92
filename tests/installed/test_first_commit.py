"""A store's own commands pass on its first commit, as its CI will run them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from support.checkout import Generate, git
from support.running_store import Installed, build, copy_of
from support.stores import STORES

LINT = ["npm", "--prefix", "storefront", "run", "lint"]
CHECKED = {
    "defaults": [LINT],
    "everything on": [["make", "help"], ["make", "check"], ["make", "test"]],
    "everything off": [["make", "help"], ["make", "check"]],
}
"""What is run in stores with these answers.

The API is the same for all of them. `tests/running` builds the storefront without LogRocket, which
checks its types, and `test_every_combination` runs the rules.
"""


@pytest.mark.parametrize("name", CHECKED)
def test_a_fresh_store_is_green_and_stays_clean(
    name: str, installed: Installed, tmp_path: Path
) -> None:
    store = copy_of(installed(**STORES[name]), tmp_path / "store")
    ci = {**os.environ, "CI": "true"}
    for command in CHECKED[name]:
        build(command, store, ci)
    assert git("status", "--porcelain", cwd=store) == ""


def test_secrets_and_what_tools_make_are_ignored(generate: Generate, tmp_path: Path) -> None:
    store = Path(shutil.copytree(generate(), tmp_path / "store"))
    git("init", "-q", cwd=store)
    for path in (".env", ".env.local", "storefront/.env.production", ".vercel/project.json"):
        assert git("check-ignore", path, cwd=store).strip() == path
    listed = git("ls-files", "-co", "--exclude-standard", cwd=store).splitlines()
    assert ".env.example" in listed
