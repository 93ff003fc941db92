"""A stand-in for multi-gitter: its `run` and `print`, over bare repositories on this disk.

It keeps to what multi-gitter's documentation says: a shallow clone of the default branch, the
script in that folder with REPOSITORY and DRY_RUN set, and, where the script exits with 0 and
`git add .` finds something, one commit on the branch, pushed unless that branch exists already.
MULTI_GITTER_REMOTES names the folder with the repositories, owner/name.git.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

REMOTES = Path(os.environ.get("MULTI_GITTER_REMOTES", "."))


def main() -> None:
    """Run a script in a clone of each repository."""
    parser = argparse.ArgumentParser(prog="multi-gitter", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("run", "print"):
        given = commands.add_parser(command, allow_abbrev=False)
        given.add_argument("script")
        given.add_argument("-O", "--org", action="append", default=[])
        given.add_argument("-R", "--repo", action="append", default=[])
        given.add_argument("--topic", action="append", default=[])
        given.add_argument("--skip-repo", action="append", default=[])
        given.add_argument("-C", "--concurrent", type=int, default=1)
        given.add_argument("--fetch-depth", type=int, default=1)
    run = commands.choices["run"]
    run.add_argument("-B", "--branch", default="multi-gitter-branch")
    run.add_argument("-m", "--commit-message")
    run.add_argument("-t", "--pr-title")
    run.add_argument("-b", "--pr-body")
    run.add_argument("--labels", action="append", default=[])
    run.add_argument("--draft", action="store_true")
    run.add_argument("-d", "--dry-run", action="store_true")
    options = parser.parse_args()
    if options.command == "run" and not (options.commit_message or options.pr_title):
        parser.error("pull request title or commit message must be set")
    for repository in _repositories(options):
        with tempfile.TemporaryDirectory(prefix="multi-git-changer-") as folder:
            _one(options, repository, Path(folder))


def _repositories(options: argparse.Namespace) -> Iterator[str]:
    for path in sorted(REMOTES.glob("*/*.git")):
        name = f"{path.parent.name}/{path.stem}"
        if path.parent.name in options.org or name in options.repo:
            yield name


def _one(options: argparse.Namespace, repository: str, clone: Path) -> None:
    git = ["git", "-C", str(clone)]
    remote = (REMOTES / f"{repository}.git").as_uri()
    depth = ["--depth", str(options.fetch_depth)] if options.fetch_depth else []
    subprocess.run(
        ["git", "clone", "-q", "--single-branch", *depth, remote, str(clone)], check=True
    )
    environment = {**os.environ, "REPOSITORY": repository}
    if options.command == "print":
        subprocess.run(shlex.split(options.script), cwd=clone, env=environment, check=False)
        return
    if options.dry_run:
        environment["DRY_RUN"] = "true"
    subprocess.run([*git, "checkout", "-q", "-b", options.branch], check=True)
    script = subprocess.run(
        shlex.split(options.script), cwd=clone, env=environment, stdout=sys.stderr, check=False
    )
    if script.returncode:
        print(f"The script exited with {script.returncode}: {repository}")
        return
    if not subprocess.run([*git, "status", "-s"], capture_output=True, check=True).stdout:
        print(f"No data was changed: {repository}")
        return
    subprocess.run([*git, "add", "."], check=True)
    message = options.commit_message or options.pr_title
    subprocess.run([*git, "commit", "-q", "--no-verify", "-m", message], check=True)
    if options.dry_run:
        print(f"Dry run: {repository}")
    elif (
        subprocess.run(
            [*git, "ls-remote", "--exit-code", "-h", "origin", options.branch],
            capture_output=True,
            check=False,
        ).returncode
        == 0
    ):
        print(f"The new branch already exists: {repository}")
    else:
        subprocess.run([*git, "push", "-q", "--no-verify", "origin", "HEAD"], check=True)
        print(f"Pull request: {repository}")


if __name__ == "__main__":
    main()
