"""Run a command of the template: `make update`, `make doctor`, `make storage-plan`.

The commands are the template's own, in its package `luma`, so that no store carries them. This
fetches the template into a cache on this machine, installs what the package needs there, and starts
it. `update`, `pull-request` and `doctor` run as the newest release has them, so that a fix reaches
every store; the others as this store's release has them, so that they agree with its files.
"""

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from .install import TOOLS, InstallError, create, sync, tools

ANSWERS = ".copier-answers.yml"
LOCK = Path("requirements", "copier.txt")
AS_THE_NEWEST = ("update", "pull-request", "doctor")
SETTINGS_VARIABLE = "COPIER_SETTINGS_PATH"
_RELEASE = re.compile(r"v\d+\.\d+\.\d+(rc\d+)?")
_BELOW = re.compile(r"(?!(?:.*/)?\.\.?(?:/|$))[\w.~/-]+")
"""A path that stays below the one before it."""
_SHORT = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/", "git+": ""}


class LaunchError(Exception):
    """The command cannot be started; the text says why and what to do."""


class Template(NamedTuple):
    """What the answers file records: the template's address, and the commit of it."""

    source: str
    commit: str

    @property
    def address(self) -> str:
        """Return the address as git takes it."""
        return for_git(self.source)


def main(root: Path, arguments: Sequence[str]) -> int:
    """Run a command; return its exit code, or 1 where it could not be started."""
    try:
        if Path(sys.prefix).resolve() != (root / TOOLS).resolve():
            return _in_the_tools_environment(root, arguments)
        template = _recorded(root)
        _refuse_untrusted(template.source)
        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        parser.add_argument("--updater", default="", metavar="vX.Y.Z")
        given, words = parser.parse_known_args(arguments)
        checkout = _checkout_for(template, given.updater, words)
        python = _environment(checkout, root)
    except (LaunchError, InstallError) as error:
        print(error, file=sys.stderr)
        return 1
    command: list[str | Path] = [python, checkout / "luma", *words, "--store", root]
    return subprocess.run(command, check=False).returncode


def _in_the_tools_environment(root: Path, arguments: Sequence[str]) -> int:
    """Run this with the tools' own Python, which has PyYAML and uv."""
    python = root / TOOLS / "bin" / "python"
    if not python.exists():
        _say("Installing the tools ...")
        tools(root)
    command: list[str | Path] = [python, "-m", "tools.luma", *arguments]
    return subprocess.run(command, cwd=root, check=False).returncode


def _recorded(root: Path) -> Template:
    """Return what the answers file says of the template.

    Raises:
        LaunchError: it says nothing.

    """
    recorded = _yaml(root / ANSWERS)
    source, commit = recorded.get("_src_path"), recorded.get("_commit")
    if not source or not commit:
        raise LaunchError(
            f"{ANSWERS} names no _src_path and _commit: restore it with git checkout -- {ANSWERS}."
        )
    return Template(str(source), str(commit))


def _refuse_untrusted(source: str) -> None:
    """Trust the recorded address, or only what Copier's settings trust where these are named.

    Raises:
        LaunchError: it is not trusted. Nothing was fetched from there.

    """
    settings = os.environ.get(SETTINGS_VARIABLE)
    if settings is not None and not is_trusted(source, _yaml(Path(settings)).get("trust", [])):
        raise LaunchError(f"{source} is not among the trusted ones of {settings}.")


def is_trusted(source: str, trust: Sequence[str]) -> bool:
    """Return whether an address is one of the trusted ones, or lies below one that ends with /."""
    address = for_git(source)
    for entry in map(for_git, trust):
        if entry.endswith("/"):
            if address.startswith(entry) and _BELOW.fullmatch(address.removeprefix(entry)):
                return True
        elif address == entry:
            return True
    return False


def for_git(source: str) -> str:
    """Return the address that git reads for one that Copier takes."""
    for short, full in _SHORT.items():
        if source.startswith(short):
            return full + source.removeprefix(short).lstrip("/")
    return re.sub(r"^~(?=/)", str(Path.home()), source)


def _yaml(file: Path) -> dict[str, Any]:
    import yaml  # noqa: PLC0415 - only the tools' own Python has it

    try:
        loaded = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _checkout_for(template: Template, updater: str, words: Sequence[str]) -> Path:
    """Return a checkout of the template that has the command.

    Raises:
        LaunchError: there is none.

    """
    if not updater and not (words and words[0] in AS_THE_NEWEST):
        return _checkout(template, template.commit, template.commit)
    name, commit = _release(template, updater, words)
    checkout = _checkout(template, name, commit)
    if (checkout / "luma").exists():
        return checkout
    if updater:
        raise LaunchError(f"{updater} has no commands for stores: the first with them is v0.4.0.")
    return _checkout(template, template.commit, template.commit)


def _release(template: Template, updater: str, words: Sequence[str]) -> tuple[str, str]:
    """Return name and commit of the release whose commands run: the newest, or what is asked for.

    A candidate has to be asked for. A template without releases has its default branch.
    """
    options = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    options.add_argument("--to", default="")
    options.add_argument("--candidates", action="store_true")
    given, _ = options.parse_known_args(words)
    commits = _commits(template)
    releases = [name for name in commits if _RELEASE.fullmatch(name)]
    offered = [name for name in releases if given.candidates or not _is_candidate(name)]
    asked = updater or (given.to if _is_candidate(given.to) else "")
    name = asked or ["HEAD", *offered][-1]
    if name not in commits:
        newest = f"The newest is {offered[-1]}." if offered else "There is none yet."
        raise LaunchError(f"The template at {template.source} has no release {name}. {newest}")
    return name, commits[name]


def _is_candidate(name: str) -> bool:
    return "rc" in name


def _commits(template: Template) -> dict[str, str]:
    """Return the commit of each of the template's tags, by version, and that of HEAD."""
    by_version = ("-c", "versionsort.suffix=rc", "ls-remote", "--sort=version:refname")
    try:
        listed = _git(*by_version, "--", template.address, "HEAD", "refs/tags/v*")
    except LaunchError as error:
        raise LaunchError(
            f"The template at {template.source} cannot be reached. {error} If it has moved, write "
            f"its address as _src_path into {ANSWERS}, and commit that."
        ) from error
    commits = {}
    for line in listed.splitlines():
        commit, name = line.split("\t")
        # An annotated tag is listed again as NAME^{}, with the commit that it stands for.
        commits[name.removeprefix("refs/tags/").removesuffix("^{}")] = commit
    return commits


def _checkout(template: Template, name: str, commit: str) -> Path:
    """Return the template's files at a commit; fetch them unless the cache holds them whole."""
    source = hashlib.sha256(template.address.encode()).hexdigest()[:16]
    folder = _cache() / "templates" / source / commit
    with _alone(folder):
        if _is_clean(folder):
            return folder
        _say(f"Fetching {name} of the template ...")
        with _draft(folder) as draft:
            options = ("--quiet", "--no-checkout", "--filter=blob:none")
            _git("clone", *options, "-c", "core.autocrlf=false", "--", template.address, draft)
            _git("-C", draft, "checkout", "--quiet", "--detach", commit)
    return folder


def _is_clean(checkout: Path) -> bool:
    """Return whether a checkout is there and as git wrote it."""
    try:
        # Without it, git would look for a repository in the folders above.
        return (checkout / ".git").exists() and not _git("-C", checkout, "status", "--porcelain")
    except LaunchError:
        return False


def _environment(checkout: Path, root: Path) -> Path:
    """Return a Python that has what the checkout's commands need, and nothing else.

    Raises:
        InstallError: it cannot be made.

    """
    lock = checkout / LOCK
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = _cache() / "environments" / digest
    with _alone(folder):
        if not _is_installed(folder):
            _say("Installing what its commands need ...")
            with _draft(folder) as draft:
                create(draft, root / TOOLS)
                sync(draft, lock, root / TOOLS, wheels_only=True)
    return folder / "bin" / "python"


def _is_installed(environment: Path) -> bool:
    """Return whether an environment has each file that its packages are to consist of."""
    records = list(environment.glob("lib/*/site-packages/*.dist-info/RECORD"))
    return (environment / "bin" / "python").exists() and all(
        (record.parents[1] / line.split(",")[0]).exists()
        for record in records
        for line in record.read_text(encoding="utf-8").splitlines()
    )


def _cache() -> Path:
    """Return this machine's cache, which may be deleted at any time."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "luma"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time look at a folder of the cache, and write it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """Let the block write a folder that takes its place once it is whole."""
    with TemporaryDirectory(prefix="draft-", dir=folder.parent) as parent:
        draft = Path(parent, folder.name)
        yield draft
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)


def _git(*arguments: str | Path) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LaunchError(" ".join(done.stderr.split()))
    return done.stdout


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent, sys.argv[1:]))
