"""The template with its past: every release as a tag, and the working tree as the newest one."""

from __future__ import annotations

import shutil
from pathlib import Path

from decisions.catalog import load_yaml
from packaging.version import Version

from support.checkout import ROOT, WORKING_TREE_TAG, export_template, git

RECORDED = {
    path.stem: load_yaml(path.read_bytes())
    for path in sorted(
        (ROOT / "luma" / "releases").glob("v*.yml"), key=lambda path: Version(path.stem)
    )
}
"""What `luma/releases/` says of each release, the oldest first."""


def build_history(repository: Path) -> Path:
    """Make a repository in which every release is a tag and the working tree the newest one.

    A tag that this checkout has is used; where it has none, the recorded commit is tagged.
    """
    git("clone", "-q", "--no-checkout", str(ROOT), str(repository), cwd=ROOT)
    tagged = set(git("tag", cwd=repository).split())
    for tag, release in RECORDED.items():
        if tag not in tagged:
            git("tag", "-a", tag, "-m", tag, release.get("commit", "HEAD"), cwd=repository)
    git("checkout", "-q", "-B", "main", cwd=repository)
    for path in repository.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    release_working_tree(export_template(repository))
    return repository


def release_working_tree(repository: Path, tag: str = WORKING_TREE_TAG) -> None:
    """Commit all that lies in a template's repository and tag it as a release."""
    git("add", "-A", cwd=repository)
    git("commit", "-q", "--allow-empty", "-m", tag, cwd=repository)
    git("tag", "-a", tag, "-m", tag, cwd=repository)
