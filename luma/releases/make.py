"""Make a release, or the tags of the recorded ones. docs/release.md says what that does."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.version import Version

from luma.releases.guard import problems
from luma.releases.inventory import as_yaml, inventory_of, recorded

FOLDER = Path("luma", "releases")
CHANGELOG = Path("CHANGELOG.md")
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
    if missing := missing_tags(Path.cwd()):
        print(f"This clone has no tags for {', '.join(missing)}. `make tags` makes them.")
    return 0


def make_tags() -> int:
    """Tag the recorded commit of each release that has no tag here; return the exit code."""
    missing = missing_tags(Path.cwd())
    for tag, at in missing.items():
        if not is_commit(at):
            print(f"{tag} is commit {at}, which this clone does not have.", file=sys.stderr)
            return 1
    for tag, at in missing.items():
        git("tag", "-a", tag, "-m", tag, at)
    made = f"Made the tags {', '.join(missing)}." if missing else "Every release has its tag."
    print(f"{made} Publish them with: git push origin --tags")
    return 0


def missing_tags(checkout: Path) -> dict[str, str]:
    """Return the recorded commit of each release that has no tag in a checkout."""
    tagged = git("-C", str(checkout), "tag").split()
    return {
        tag: release["commit"]
        for tag, release in recorded(checkout / FOLDER).items()
        if tag not in tagged and "commit" in release
    }


def is_commit(name: str) -> bool:
    """Return whether this repository has a commit."""
    command = ["git", "cat-file", "-e", f"{name}^{{commit}}"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def refusals(version: str) -> list[str]:
    """Return why this release is refused: the first kind of reason only."""
    if git("status", "--porcelain"):
        return ["The working tree has changes: commit or remove them first."]
    if not re.fullmatch(r"v\d+\.\d+\.\d+(rc\d+)?", version):
        return [f'"{version}" is no version: write vX.Y.Z, or vX.Y.ZrcN for canary stores.']
    tags = {tag for tag in git("tag", "--list", "v*").split() if re.match(r"v\d", tag)}
    last = max((Version(tag) for tag in {*tags, *recorded(FOLDER)}), default=Version("0"))
    if Version(version) <= last:
        return [f"{version} is not after v{last}, the last release."]
    found = UNRELEASED.search(CHANGELOG.read_text(encoding="utf-8"))
    if not found or not found[1].strip():
        return [f"{CHANGELOG} says nothing under ## Unreleased: a store's people read it."]
    return problems(Path.cwd())


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
    path.write_text(as_yaml(inventory_of(Path.cwd())), encoding="utf-8")
    commit(f"Release {version}", CHANGELOG, path)
    git("tag", "-a", version, "-m", version)
    # A checkout may have no tags: the tests make them from the recorded commits.
    record(version, git("rev-parse", "HEAD"))
    commit(f"Record the commit of {version}", path)


def record(version: str, at: str) -> None:
    """Write the inventory of a commit as that of a release."""
    with TemporaryDirectory() as folder:
        git("clone", "--quiet", "--no-checkout", str(Path.cwd()), folder)
        git("-C", folder, "checkout", "--quiet", "--detach", at)
        inventory = inventory_of(Path(folder))
    path = FOLDER / f"{version}.yml"
    path.write_text(as_yaml({"commit": at, **inventory}), encoding="utf-8")


def commit(message: str, *paths: Path) -> None:
    """Commit these files."""
    git("add", "--", *map(str, paths))
    git("commit", "--quiet", "-m", message)


def git(*arguments: str) -> str:
    """Run git; return what it prints."""
    return subprocess.run(
        ["git", *arguments], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()
