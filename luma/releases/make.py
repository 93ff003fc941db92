"""Make a release, or the tags of the recorded ones. docs/release.md says what that does."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.version import Version

from luma import CHECKOUT
from luma import git as luma_git
from luma.problems import LumaError
from luma.releases.guard import problems
from luma.releases.inventory import as_yaml, inventory_of, recorded
from luma.versions import is_release

FOLDER = CHECKOUT / "luma" / "releases"
CHANGELOG = CHECKOUT / "CHANGELOG.md"
UNRELEASED = re.compile(r"^## Unreleased\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def main(arguments: Sequence[str]) -> int:
    """Run in the template's checkout; return the exit code."""
    parser = argparse.ArgumentParser(prog="luma release")
    parser.add_argument("version", help="vX.Y.Z, or vX.Y.ZrcN for canary stores", nargs="?")
    parser.add_argument("--at", metavar="COMMIT", help="only record what this commit released")
    parser.add_argument("--tags", action="store_true", help="only make the tags that are missing")
    given = parser.parse_args(arguments)
    if given.tags:
        return make_tags()
    if not given.version:
        parser.error("which version? Write make release VERSION=v1.2.0")
    if given.at:
        record(given.version, git("rev-parse", f"{given.at}^{{commit}}"))
        return 0
    if refused := refusals(given.version):
        print("\n".join([*refused, "Nothing was changed."]), file=sys.stderr)
        return 1
    release(given.version)
    branch = git("branch", "--show-current")
    print(f"{given.version} is ready. Publish it with: git push origin {branch} {given.version}")
    if missing := missing_tags():
        print(f"This clone has no tags for {', '.join(missing)}. `make tags` makes them.")
    return 0


def make_tags() -> int:
    """Tag the recorded commit of each release that has no tag here; return the exit code."""
    missing = missing_tags()
    for tag, at in missing.items():
        if not is_commit(at):
            print(f"{tag} is commit {at}, which this clone does not have.", file=sys.stderr)
            return 1
    for tag, at in missing.items():
        git("tag", "-a", tag, "-m", tag, at)
    made = f"Made the tags {', '.join(missing)}." if missing else "Every release has its tag."
    print(f"{made} Publish them with: git push origin --tags")
    return 0


def missing_tags() -> dict[str, str]:
    """Return the recorded commit of each release that has no tag in this checkout."""
    tagged = git("tag").split()
    return {
        tag: release["commit"]
        for tag, release in recorded(FOLDER).items()
        if tag not in tagged and "commit" in release
    }


def is_commit(name: str) -> bool:
    """Return whether this checkout has a commit."""
    try:
        return git("cat-file", "-t", name) == "commit"
    except LumaError:
        return False


def refusals(version: str) -> list[str]:
    """Return why this release is refused: the first kind of reason only."""
    if git("status", "--porcelain"):
        return ["The working tree has changes: commit or remove them first."]
    if not is_release(version):
        return [f'"{version}" is no version: write vX.Y.Z, or vX.Y.ZrcN for canary stores.']
    tags = filter(is_release, git("tag").split())
    last = max((Version(tag) for tag in {*tags, *recorded(FOLDER)}), default=Version("0"))
    if Version(version) <= last:
        return [f"{version} is not after v{last}, the last release."]
    found = UNRELEASED.search(CHANGELOG.read_text(encoding="utf-8"))
    if not found or not found[1].strip():
        return [f"{CHANGELOG.name} says nothing under ## Unreleased: a store's people read it."]
    return problems(CHECKOUT)


def release(version: str) -> None:
    """Commit and tag a release, then record the commit that was tagged.

    A release candidate is a tag only: stores that try it move on to the release, so that no later
    release has to keep what it held.
    """
    if Version(version).is_prerelease:
        git("tag", "-a", version, "-m", version)
        return
    day = datetime.now(UTC).date()
    text = CHANGELOG.read_text(encoding="utf-8")
    heading = f"## Unreleased\n\n## {version} - {day}\n"
    CHANGELOG.write_text(text.replace("## Unreleased\n", heading, 1), encoding="utf-8")
    path = FOLDER / f"{version}.yml"
    path.write_text(as_yaml(inventory_of(CHECKOUT)), encoding="utf-8")
    commit(f"Release {version}", CHANGELOG, path)
    git("tag", "-a", version, "-m", version)
    # A checkout may have no tags: the tests make them from the recorded commits.
    record(version, git("rev-parse", "HEAD"))
    commit(f"Record the commit of {version}", path)


def record(version: str, at: str) -> None:
    """Write the inventory of a commit as that of a release."""
    with TemporaryDirectory() as folder:
        git("clone", "--quiet", "--no-checkout", str(CHECKOUT), folder)
        git("-C", folder, "checkout", "--quiet", "--detach", at)
        inventory = inventory_of(Path(folder))
    path = FOLDER / f"{version}.yml"
    path.write_text(as_yaml({"commit": at, **inventory}), encoding="utf-8")


def commit(message: str, *paths: Path) -> None:
    """Commit these files."""
    git("add", "--", *map(str, paths))
    git("commit", "--quiet", "-m", message)


def git(*arguments: str) -> str:
    """Run git in this checkout; return what it prints."""
    return luma_git.git(*arguments, folder=CHECKOUT).strip()
