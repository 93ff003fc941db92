"""A store's own commands pass on its first commit, as its CI will run them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import Generate, git

MINUTES = 10


@pytest.mark.parametrize(
    ("answers", "targets"),
    [
        ({"enable_logrocket": True}, ["help", "setup", "check", "test"]),
        ({"include_starter": False}, ["help", "setup", "check"]),
    ],
    ids=["starter", "no-starter"],
)
def test_a_fresh_store_is_green_and_stays_clean(
    generate: Generate, tmp_path: Path, answers: dict[str, bool], targets: list[str]
) -> None:
    if shutil.which("make") is None and not os.environ.get("CI"):
        pytest.skip("make is not installed: a store's commands cannot be tried.")
    store = Path(shutil.copytree(generate(**answers), tmp_path / "store"))
    git("init", "-q", "-b", "main", cwd=store)
    git("add", "-A", cwd=store)
    git("commit", "-q", "-m", "First commit", cwd=store)
    for target in targets:
        done = subprocess.run(
            ["make", target],
            cwd=store,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=MINUTES * 60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert git("status", "--porcelain", cwd=store) == ""


def test_secrets_and_what_tools_make_are_ignored(generate: Generate, tmp_path: Path) -> None:
    store = Path(shutil.copytree(generate(), tmp_path / "store"))
    git("init", "-q", cwd=store)
    for path in (".env", ".env.local", "storefront/.env.production", ".vercel/project.json"):
        assert git("check-ignore", path, cwd=store).strip() == path
    listed = git("ls-files", "-co", "--exclude-standard", cwd=store).splitlines()
    assert ".env.example" in listed
