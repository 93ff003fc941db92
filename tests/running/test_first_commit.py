"""A store's own commands pass on its first commit, as its CI will run them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import Generate, git

from running.conftest import Installed
from running.store import copy_of, run

PATIENCE = 600


@pytest.mark.parametrize(
    ("answers", "targets"),
    [
        ({"enable_logrocket": True}, ["help", "check", "test"]),
        ({}, ["check"]),
        ({"include_starter": False}, ["help", "check"]),
    ],
    ids=["starter", "without-logrocket", "no-starter"],
)
def test_a_fresh_store_is_green_and_stays_clean(
    installed: Installed, tmp_path: Path, answers: dict[str, bool], targets: list[str]
) -> None:
    store = copy_of(installed(**answers), tmp_path / "store")
    for target in targets:
        run(["make", target], store, patience=PATIENCE)
    assert git("status", "--porcelain", cwd=store) == ""


def test_secrets_and_what_tools_make_are_ignored(generate: Generate, tmp_path: Path) -> None:
    store = Path(shutil.copytree(generate(), tmp_path / "store"))
    git("init", "-q", cwd=store)
    for path in (".env", ".env.local", "storefront/.env.production", ".vercel/project.json"):
        assert git("check-ignore", path, cwd=store).strip() == path
    listed = git("ls-files", "-co", "--exclude-standard", cwd=store).splitlines()
    assert ".env.example" in listed
