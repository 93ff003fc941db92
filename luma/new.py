"""`luma new`: generate a store from this checkout, or from where the package came from."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import questionary

from luma import CHECKOUT, address
from luma.environment import need, say
from luma.git import git
from luma.problems import LumaError

_CREATED = re.compile(r"(?:\x1b\[[\d;]*m|\s)*create(?:\x1b\[[\d;]*m)*\s\s")


def main(arguments: list[str]) -> int:
    """Generate a store: ask the questions in a terminal, else take every default."""
    parser = argparse.ArgumentParser(
        prog="luma new",
        description="Generate a store. Other options, such as --data tier=growth, are Copier's.",
    )
    parser.add_argument("folder", type=Path, nargs="?", help="the folder, new or empty")
    parser.add_argument(
        "-l",
        "--defaults",
        action="store_true",
        default=not sys.stdin.isatty(),
        help="take every default, as is done without a terminal",
    )
    given, options = parser.parse_known_args([word for word in arguments if word != "--"])
    need("git")
    source = template_source()
    folder = (given.folder or _ask_folder()).resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise LumaError(f"{folder} exists and is not empty. Name a folder that does not exist yet.")
    command = [sys.executable, "-m", "copier", "copy", "--trust"]
    if source.commit:
        command += ["--vcs-ref", source.commit]
    if given.defaults:
        command.append("--defaults")
    with TemporaryDirectory(prefix="copier-cache-") as cache:
        environment = {**os.environ, **source.environment, "COPIER_CACHE_DIR": cache}
        code = _run([*command, *options, source.address, str(folder)], environment)
    if not code:
        for note in source.notes:
            say(note)
    return code


def _ask_folder() -> Path:
    default = Path("my-store") if Path.cwd() != CHECKOUT else Path("..", "my-store")
    if not sys.stdin.isatty():
        return default
    return Path(questionary.path("In which folder?", str(default)).unsafe_ask())


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Run Copier without its line for each file, which would fill the screen."""
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as copier:
        assert copier.stderr is not None  # noqa: S101 - it is a pipe
        last = ""
        for line in copier.stderr:
            text = line.decode(errors="replace")
            if not _CREATED.match(text) and (text.strip() or last.strip()):
                sys.stderr.write(text)
                sys.stderr.flush()
                last = text
    return copier.returncode


class Source(NamedTuple):
    """Where a store's template is: the address to record, and how to read it from this checkout."""

    address: str
    commit: str
    environment: dict[str, str]
    notes: list[str]


def template_source() -> Source:
    """Choose what a new store records.

    That is origin where it holds the commit of this checkout, else this checkout; and for an
    installed package, where it was installed from.

    Raises:
        LumaError: there is no commit to make a store from.

    """
    if not (CHECKOUT / "copier.yml").exists():
        return _installed_from()
    if not (CHECKOUT / ".git").exists():
        return Source(str(CHECKOUT), "", {}, [])
    commit = _git("rev-parse", "--verify", "HEAD")
    if not commit:
        raise LumaError("This checkout has no commit to generate a store from. Commit first.")
    notes = list(_about_changes(commit))
    origin = recordable(_git("config", "--get", "remote.origin.url"))
    if not origin:
        return Source(str(CHECKOUT), commit, {}, notes)
    if not _git("branch", "--remotes", "--contains", commit, "--list", "origin/*"):
        notes.append(
            f"As far as this clone knows, origin, {origin}, does not have commit {commit[:10]}. "
            "Updates therefore come from this checkout. Once you have pushed the commit, set "
            "_src_path in the store's .copier-answers.yml to that address."
        )
        return Source(str(CHECKOUT), commit, {}, notes)
    if not address.is_remote(origin):
        return Source(origin, commit, {}, notes)
    # Only a checkout has the store's tools; an installed package has not.
    from tools.luma import for_git  # noqa: PLC0415

    # Copier records origin, and git reads this checkout in its place: what is there is here too.
    number = int(os.environ.get("GIT_CONFIG_COUNT", "0"))
    environment = {
        "GIT_CONFIG_COUNT": str(number + 1),
        f"GIT_CONFIG_KEY_{number}": f"url.{CHECKOUT}/.insteadOf",
        f"GIT_CONFIG_VALUE_{number}": for_git(origin),
    }
    return Source(origin, commit, environment, notes)


def _about_changes(commit: str) -> Iterator[str]:
    if _git("status", "--porcelain"):
        yield (
            f"This checkout has changes that are not committed. The store is generated from the "
            f"last commit, {commit[:10]}, without them."
        )


def _installed_from() -> Source:
    """Return the address and commit that this package was installed from.

    Source: https://packaging.python.org/en/latest/specifications/direct-url/
    """
    origin = json.loads(metadata.distribution("luma").read_text("direct_url.json") or "{}")
    commit = origin.get("vcs_info", {}).get("commit_id", "")
    url = recordable(origin.get("url", "").removeprefix("file://" if not commit else ""))
    if not url:
        raise LumaError(
            "This package does not say which template it came from. Install it from the template's "
            "repository: uvx --from git+https://... luma new"
        )
    return Source(url, commit, {}, [])


def recordable(url: str) -> str:
    """Return an address without credentials and as Copier takes it; empty for a folder not there.

    A user name is kept for SSH only, where it is part of the address.
    """
    if not address.is_remote(url):
        folder = (CHECKOUT / url).resolve()
        return str(folder) if url and folder.exists() else ""
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    kept = f"{user.partition(':')[0]}@" if user and parts.scheme == "ssh" else ""
    url = urlunsplit(parts._replace(netloc=f"{kept}{host}"))
    return f"git+{url}" if address.problem(url) else url


def _git(*arguments: str) -> str:
    """Return what git prints in this checkout; empty where it refuses."""
    try:
        return git(*arguments, folder=CHECKOUT).strip()
    except LumaError:
        return ""
