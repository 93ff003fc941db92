"""Run a command of the template: `make update`, `make doctor`, `make live`.

The commands are the template's own, in its package `luma`, so that no store carries them. This
fetches the template into a cache on this machine, installs what the package needs there, and starts
it. `update`, `pull-request` and `doctor` run as the newest release has them, so that a fix reaches
every store; the others as this store's release has them, so that they agree with its files.
"""

from __future__ import annotations

import argparse
import csv
import fcntl
import hashlib
import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from .install import TOOLS, InstallError, create, has_tools, refuse_old_python, sync, tools

ANSWERS = ".copier-answers.yml"
LOCK = Path("requirements", "copier.txt")
AS_THE_NEWEST = ("update", "pull-request", "doctor")
SETTINGS_VARIABLE = "COPIER_SETTINGS_PATH"
INTERRUPTED = 130
_OF_ONE_REPOSITORY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
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


class _Options(argparse.ArgumentParser):
    def __init__(self) -> None:
        super().__init__(add_help=False, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """End with 1: argparse's own 2 would read as a conflict."""
        raise LaunchError(f"{message}.")


def main(root: Path, arguments: Sequence[str]) -> int:
    """Run a command in place of this program; return an exit code where it cannot be started."""
    refuse_old_python()
    # A hook of git has them, and they would lead every git here to the hook's repository.
    for name in _OF_ONE_REPOSITORY:
        os.environ.pop(name, None)
    try:
        os.execv(*_command(root, arguments))  # noqa: S606 - a shell would only be in the way
    except (LaunchError, InstallError, OSError) as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        _say("Stopped; the store is as it was.")
        return INTERRUPTED


def _command(root: Path, arguments: Sequence[str]) -> tuple[Path, list[str]]:
    """Return the program that runs a command of the template, and its arguments."""
    _use_tools(root)
    template = _recorded(root)
    _refuse_untrusted(template.source)
    options = _Options()
    options.add_argument("--updater", default="", metavar="vX.Y.Z")
    given, words = options.parse_known_args(arguments)
    checkout = _checkout_for(template, given.updater, words)
    python = _environment(checkout, root)
    # Isolated, because PYTHONPATH could hide the template's modules behind the store's.
    return python, [str(python), "-I", str(checkout / "luma"), *words, "--store", str(root)]


def _use_tools(root: Path) -> None:
    """Make the tools' packages importable here, PyYAML among them; install them if need be."""
    if not has_tools(root):
        with _alone(Path(__file__)):
            _say("Installing the tools ...")
            tools(root)
    sys.path.extend(map(str, (root / TOOLS).glob("lib/*/site-packages")))
    importlib.invalidate_caches()


def _recorded(root: Path) -> Template:
    """Return what the answers file says of the template.

    Raises:
        LaunchError: it says nothing, or no commit.

    """
    recorded = _yaml(root / ANSWERS)
    source, commit = (str(recorded.get(name) or "") for name in ("_src_path", "_commit"))
    if not source or not re.match(r"\w", commit):
        raise LaunchError(
            f"{ANSWERS} names no _src_path and _commit: restore it with git checkout -- {ANSWERS}."
        )
    return Template(source, commit)


def _refuse_untrusted(source: str) -> None:
    """Trust the recorded address, or only what Copier's settings trust where these are named.

    Raises:
        LaunchError: it is not trusted. Nothing was fetched from there.

    """
    settings = os.environ.get(SETTINGS_VARIABLE)
    if settings is not None and not is_trusted(source, _yaml(Path(settings)).get("trust") or []):
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
    import yaml  # noqa: PLC0415 - only the tools have it

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
    if updater or (words and words[0] in AS_THE_NEWEST):
        name, commit = _release(template, updater, words)
        checkout = _checkout(template, name, commit)
        if (checkout / "luma").exists():
            return checkout
        if updater:
            raise LaunchError(f"{updater} has no commands for stores: v0.4.0 is the first.")
    checkout = _checkout(template, template.commit, template.commit)
    if not (checkout / "luma").exists():
        raise LaunchError(
            f"{template.commit}, which {ANSWERS} records, has no commands for stores: v0.4.0 is "
            "the first."
        )
    return checkout


def _release(template: Template, updater: str, words: Sequence[str]) -> tuple[str, str]:
    """Return name and commit of the release whose commands run: the newest, or what is asked for.

    A candidate has to be asked for. A template without releases has its default branch.
    """
    options = _Options()
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
    with _reaching(template):
        listed = _git(*by_version, "--", template.address, "HEAD", "refs/tags/v*")
    commits = {}
    for line in listed.splitlines():
        commit, name = line.split("\t")
        # An annotated tag is listed again as NAME^{}, with the commit that it stands for.
        commits[name.removeprefix("refs/tags/").removesuffix("^{}")] = commit
    return commits


def _checkout(template: Template, name: str, commit: str) -> Path:
    """Return the template's files at a commit; fetch them unless the cache holds them whole.

    Raises:
        LaunchError: the template cannot be reached, or has no such commit.

    """
    folder = _cache() / "templates" / _digest(f"{template.address} {commit}".encode())
    with _alone(_lock_of(folder)):
        if _is_clean(folder):
            return folder
        _say(f"Fetching {name} of the template ...")
        with _draft(folder) as draft:
            options = ("--quiet", "--no-checkout", "--filter=blob:none")
            with _reaching(template):
                _git("clone", *options, "-c", "core.autocrlf=false", "--", template.address, draft)
            try:
                _git(*_in(draft), "checkout", "--quiet", "--detach", commit)
            except LaunchError as error:
                raise LaunchError(
                    f"The template at {template.source} does not have {name}, which {ANSWERS} "
                    f"records: push it there first. {error}"
                ) from error
    return folder


@contextmanager
def _reaching(template: Template) -> Iterator[None]:
    """Say what to do where the template cannot be reached."""
    try:
        yield
    except LaunchError as error:
        raise LaunchError(
            f"The template at {template.source} cannot be reached. {error}\n"
            f"Try: git ls-remote {template.address}\n"
            f"If the template has moved, write its address as _src_path into {ANSWERS}, and commit "
            "that."
        ) from error


def _is_clean(checkout: Path) -> bool:
    """Return whether a checkout is there and as git wrote it."""
    try:
        # Without what Python compiles there, in releases that do not ignore it.
        command = ("status", "--porcelain", "--untracked-files=no")
        return checkout.exists() and not _git(*_in(checkout), *command)
    except LaunchError:
        return False


def _in(checkout: Path) -> tuple[str, ...]:
    """Return the options with which git looks at a checkout, and at no folder above it."""
    return (f"--git-dir={checkout / '.git'}", f"--work-tree={checkout}")


def _environment(checkout: Path, root: Path) -> Path:
    """Return a Python that has what the checkout's commands need, and nothing else.

    Raises:
        InstallError: it cannot be made.

    """
    lock, folder = checkout / LOCK, environment_for(checkout)
    with _alone(_lock_of(folder)):
        if not _is_installed(folder):
            _say("Installing what its commands need ...")
            with _draft(folder) as draft:
                create(draft, root / TOOLS)
                sync(draft, lock, root / TOOLS, wheels_only=True)
    return folder / "bin" / "python"


def environment_for(checkout: Path) -> Path:
    """Return the folder in the cache that holds what a checkout's commands need."""
    locked = (checkout / LOCK).read_bytes() + sys.version.encode()
    return _cache() / "environments" / _digest(locked)


def _is_installed(environment: Path) -> bool:
    """Return whether an environment has each file that its packages are to consist of."""
    records = list(environment.glob("lib/*/site-packages/*.dist-info/RECORD"))
    return (environment / "bin" / "python").exists() and all(
        (record.parents[1] / line[0]).exists()
        for record in records
        for line in csv.reader(record.read_text(encoding="utf-8").splitlines())
    )


def _cache() -> Path:
    """Return this machine's cache, which may be deleted at any time."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "luma"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Let one process at a time run the block; the others wait for the file's lock."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """Let the block write a folder that takes its place once it is whole."""
    draft = folder.with_name(f"{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        yield draft
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _git(*arguments: str | Path) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LaunchError(" ".join(done.stderr.split()))
    return done.stdout


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent, sys.argv[1:]))
