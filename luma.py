"""Set up this checkout and use it: `python3 luma.py new ../my-store`, `python3 luma.py test`.

Needs Python 3.11 or later and git; the tests also need Node.js 20 or later. All that is installed
stays in this checkout, in folders that git ignores; only Chromium, which the tests of the browser
need, is one of the system's packages, installed where root runs this on Debian.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent
sys.path.append(str(ROOT / "template"))

from updates import address  # noqa: E402 - the line above makes it importable

VENV = ROOT / ".venv"
NODE_TOOLS = ROOT / "tests" / "node"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
OLDEST_PYTHON = (3, 11)
SCRATCH_BYTES = 10 * 2**30
OLDEST_COPIER = ROOT / ".cache" / "oldest-copier"
THROUGH_COPIER = ("copier_version", "every_release", "migrations", "prompts", "toggles", "updates")
"""The tests that run with the oldest Copier too."""


def main() -> int:
    """Run what the command line asks for; return the exit code."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"Python 3.11 or later is needed; this is {sys.version.split()[0]}.")
    parser = argparse.ArgumentParser(
        prog="luma.py", description="Generate an online store, or test the template."
    )
    commands = parser.add_subparsers(required=True)
    new = commands.add_parser("new", help="set up and generate a store from this checkout")
    new.add_argument("folder", type=Path, nargs="?", default=ROOT.parent / "my-store")
    new.add_argument("copier", nargs="*", help="more options for `copier copy`, after --")
    new.set_defaults(run=lambda given: new_store(given.folder, given.copier))
    test = commands.add_parser("test", help="set up and run the checks and the tests")
    test.add_argument("pytest", nargs="*", help="more options for pytest, after --")
    test.set_defaults(run=lambda given: test_template(given.pytest))
    setup = commands.add_parser("setup", help="only set up what the tests need")
    setup.set_defaults(run=lambda _given: set_up_tests())
    given = parser.parse_args()
    return int(given.run(given))


def new_store(folder: Path, options: list[str]) -> int:
    """Generate a store: with questions where a terminal is there, else with every default."""
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        sys.exit(f"{folder} exists and is not empty: name a folder that does not exist yet.")
    need("git")
    source = template_source()
    install("copier")
    command = [str(PYTHON), "-m", "copier", "copy", "--trust"]
    if source.commit:
        command += ["--vcs-ref", source.commit]
    if not sys.stdin.isatty():
        command.append("--defaults")
    with TemporaryDirectory(prefix="copier-cache-") as cache:
        environment = {**os.environ, **source.environment, "COPIER_CACHE_DIR": cache}
        code = run([*command, *options, source.address, str(folder)], environment=environment)
    if not code:
        for note in source.notes:
            say(note)
    return code


class Source(NamedTuple):
    """Where a store's template is: the address to record, and how to read it from this checkout."""

    address: str
    commit: str
    environment: dict[str, str]
    notes: list[str]


def template_source() -> Source:
    """Choose what a new store records: origin where it holds this commit, else this checkout."""
    if not (ROOT / ".git").exists():
        return Source(str(ROOT), "", {}, [])
    commit = git("rev-parse", "--verify", "HEAD")
    if not commit:
        sys.exit("This checkout has no commit that a store could be made from: commit it first.")
    notes = []
    if git("status", "--porcelain"):
        notes.append(
            f"This checkout has changes that are not committed. The store is made from its last "
            f"commit, {commit[:10]}, without them."
        )
    origin = recordable(git("config", "--get", "remote.origin.url"))
    if not origin:
        return Source(str(ROOT), commit, {}, notes)
    if not git("branch", "--remotes", "--contains", commit, "--list", "origin/*"):
        notes.append(
            f"origin, {origin}, does not hold commit {commit[:10]} as far as this clone knows, so "
            "updates come from this checkout. Once it is pushed, write that address as _src_path "
            "into the store's .copier-answers.yml."
        )
        return Source(str(ROOT), commit, {}, notes)
    if not address.is_remote(origin):
        return Source(origin, commit, {}, notes)
    # Copier records origin, and git reads this checkout in its place: what is there is here too.
    number = int(os.environ.get("GIT_CONFIG_COUNT", "0"))
    environment = {
        "GIT_CONFIG_COUNT": str(number + 1),
        f"GIT_CONFIG_KEY_{number}": f"url.{ROOT}/.insteadOf",
        f"GIT_CONFIG_VALUE_{number}": address.for_git(origin),
    }
    return Source(origin, commit, environment, notes)


def recordable(url: str) -> str:
    """Return an address without credentials and as Copier takes it; empty for a folder not there.

    A user name is kept for SSH only, where it is part of the address.
    """
    if not address.is_remote(url):
        folder = (ROOT / url).resolve()
        return str(folder) if url and folder.exists() else ""
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    kept = f"{user.partition(':')[0]}@" if user and parts.scheme == "ssh" else ""
    url = urlunsplit(parts._replace(netloc=f"{kept}{host}"))
    return f"git+{url}" if address.problem(url) else url


def git(*arguments: str) -> str:
    """Return what git prints in this checkout; empty where it refuses."""
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return "" if done.returncode else done.stdout.strip()


def test_template(options: list[str]) -> int:
    """Lint, check types and run the tests; return the first exit code that is not 0."""
    set_up_tests()
    for tool in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]):
        if code := run([str(PYTHON), "-m", *tool]):
            return code
    pytest = [str(PYTHON), "-m", "pytest"]
    with scratch_folder() as folder:
        environment = {**os.environ, "TMPDIR": folder}
        if options:
            return run([*pytest, *options], environment=environment)
        # What runs a store needs the processors and the usual ports for itself.
        alone = "tests/running"
        code = run([*pytest, "--ignore", alone], environment=environment)
        code = code or test_oldest_copier(environment)
        return code or run([*pytest, "-n", "0", alone], environment=environment)


@contextmanager
def scratch_folder() -> Iterator[str]:
    """Make a folder for the tests' files, in memory where there is room for programs.

    The tests write half a million small files; on a disk half of their time goes there.
    """
    memory = Path("/dev/shm")  # noqa: S108 - the folder in there is private
    fits = (
        memory.is_dir()
        and not os.statvfs(memory).f_flag & os.ST_NOEXEC
        and shutil.disk_usage(memory).free > SCRATCH_BYTES
    )
    with TemporaryDirectory(prefix="luma-", dir=memory if fits else None) as folder:
        yield folder


def test_oldest_copier(environment: Mapping[str, str]) -> int:
    """Run the tests that go through Copier with the oldest one, where the newest is another."""
    locked = ROOT / "requirements" / "oldest.txt"
    pin = next(line for line in locked.read_text().splitlines() if line.startswith("copier=="))
    if pin in (ROOT / "requirements" / "dev.txt").read_text():
        say("The oldest Copier that copier.yml admits is the one of these tests.")
        return 0
    if is_stale(OLDEST_COPIER, locked):
        shutil.rmtree(OLDEST_COPIER, ignore_errors=True)
        pip_install("--no-deps", "--target", str(OLDEST_COPIER), locked=locked)
        remember(OLDEST_COPIER, locked)
    say("The tests that go through Copier, with the oldest one ...")
    # By its path rather than in .venv: the processes that the tests start get it too.
    oldest = {**environment, "PYTHONPATH": str(OLDEST_COPIER)}
    tests = [f"tests/test_{name}.py" for name in THROUGH_COPIER]
    return run([str(PYTHON), "-m", "pytest", *tests], environment=oldest)


def set_up_tests() -> int:
    """Install the tests' Python and Node.js tools."""
    need("git")
    need("npm")
    install("dev")
    if is_stale(NODE_TOOLS / "node_modules", NODE_TOOLS / "package-lock.json"):
        say("Installing the tests' Node.js tools (about a minute) ...")
        # Not `npm ci`: some of vercel's optional binaries for other systems are not published,
        # so that no lock file can name them all.
        npm = [shutil.which("npm") or "npm", "install", "--no-save"]
        must([*npm, "--no-audit", "--no-fund", "--loglevel=error"], NODE_TOOLS)
        remember(NODE_TOOLS / "node_modules", NODE_TOOLS / "package-lock.json")
    install_chromium()
    return 0


def install_chromium() -> None:
    """Install the browser tests' Chromium where that can be done, else say how."""
    if any(map(shutil.which, CHROMIUM)):
        return
    if is_debian() and os.geteuid() == 0:
        say("Installing Chromium (about a minute) ...")
        apt_get = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        if not run([*apt_get, "update"]) and not run([*apt_get, "install", "-y", "chromium"]):
            return
    say("Without Chromium the browser tests are skipped. On Debian: apt-get install chromium")


def is_debian() -> bool:
    """Return whether this is Debian; Ubuntu's package of that name only refers to a snap."""
    release = Path("/etc/os-release")
    return release.exists() and "ID=debian" in release.read_text().splitlines()


def install(requirements: str) -> None:
    """Install a locked set of Python packages, unless that very set is installed already."""
    locked = ROOT / "requirements" / f"{requirements}.txt"
    if not is_stale(VENV, locked):
        return
    say(f"Installing {locked.relative_to(ROOT)} into .venv (under a minute) ...")
    if not PYTHON.exists():
        make_environment()
    pip_install(locked=locked)
    remember(VENV, locked)


def pip_install(*options: str, locked: Path) -> None:
    """Install what a lock file names, and nothing else."""
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    must([*pip, *options, "--require-hashes", "--requirement", str(locked)], ROOT)


def make_environment() -> None:
    """Create the virtual environment."""
    try:
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    except subprocess.CalledProcessError:
        sys.exit("Python's venv module is incomplete: on Debian, apt-get install python3-venv.")


def is_stale(folder: Path, locked: Path) -> bool:
    """Return whether a folder was installed from another lock file than this one."""
    stamp = folder / f".{locked.stem}.sha256"
    return not stamp.exists() or stamp.read_text() != digest(locked)


def remember(folder: Path, locked: Path) -> None:
    """Note which lock file a folder was installed from."""
    (folder / f".{locked.stem}.sha256").write_text(digest(locked))


def digest(path: Path) -> str:
    """Return a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def need(program: str) -> None:
    """End with a sentence when a program is missing."""
    if shutil.which(program) is None:
        package = {"npm": "Node.js 20 or later"}.get(program, program)
        sys.exit(f"{program} was not found: install {package} and run this again.")


def run(
    command: list[str], folder: Path = ROOT, environment: Mapping[str, str] | None = None
) -> int:
    """Run a command where the user sees it; return its exit code."""
    sys.stdout.flush()
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


def must(command: list[str], folder: Path) -> None:
    """Run a command and end with its exit code when it fails."""
    if code := run(command, folder):
        sys.exit(code)


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
