"""`luma setup` and `luma test`: check and test the template. Standard library only.

All that is installed stays in this checkout, in folders that git ignores; only Chromium, which the
tests of the browser need, is one of the system's packages, installed where root runs this on
Debian. Node.js 20 or later has to be there.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from luma import CHECKOUT
from luma.environment import (
    LOCKS,
    PYTHON,
    install,
    is_stale,
    must,
    need,
    pip_install,
    remember,
    run,
    say,
)

NODE_TOOLS = CHECKOUT / "tests" / "node"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SCRATCH_BYTES = 10 * 2**30
OLDEST_COPIER = CHECKOUT / ".cache" / "oldest-copier"
THROUGH_COPIER = ("copier_version", "every_release", "migrations", "prompts", "toggles", "updates")
"""The tests that run with the oldest Copier too."""


def test(arguments: list[str]) -> int:
    """Lint, check types and run the tests; return the first exit code that is not 0."""
    parser = argparse.ArgumentParser(
        prog="luma test",
        usage="luma test [quick | OPTION ...]",
        description="Check and test the template: all of it, or with `quick` some of each area in "
        "three minutes. Options, such as -k renders, are pytest's.",
    )
    _, options = parser.parse_known_args([word for word in arguments if word != "--"])
    if options == ["quick"]:
        options = ["--quick"]
    setup([])
    for tool in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]):
        if code := run([str(PYTHON), "-m", *tool]):
            return code
    pytest = [str(PYTHON), "-m", "pytest"]
    with _scratch_folder() as folder:
        environment = {**os.environ, "TMPDIR": folder}
        code = run([*pytest, *options], environment=environment)
        return code if options else code or _test_oldest_copier(environment)


@contextmanager
def _scratch_folder() -> Iterator[str]:
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


def _test_oldest_copier(environment: Mapping[str, str]) -> int:
    """Run the tests that go through Copier with the oldest one, where the newest is another."""
    locked = LOCKS / "oldest.txt"
    pin = next(line for line in locked.read_text().splitlines() if line.startswith("copier=="))
    if pin in (LOCKS / "dev.txt").read_text():
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


def setup(arguments: list[str]) -> int:
    """Install the tests' Python and Node.js tools; return 0."""
    argparse.ArgumentParser(prog="luma setup", description=setup.__doc__).parse_args(arguments)
    need("git")
    need("npm")
    parts = (partial(install, "dev"), _install_node_tools, _install_chromium)
    with ThreadPoolExecutor(len(parts)) as side_by_side:
        for part in [side_by_side.submit(part) for part in parts]:
            part.result()
    return 0


def _install_node_tools() -> None:
    if is_stale(NODE_TOOLS / "node_modules", NODE_TOOLS / "package-lock.json"):
        say("Installing the tests' Node.js tools (about a minute) ...")
        # Not `npm ci`: some of vercel's optional binaries for other systems are not published,
        # so that no lock file can name them all.
        npm = [shutil.which("npm") or "npm", "install", "--no-save"]
        must([*npm, "--no-audit", "--no-fund", "--loglevel=error"], NODE_TOOLS)
        remember(NODE_TOOLS / "node_modules", NODE_TOOLS / "package-lock.json")


def _install_chromium() -> None:
    """Install the browser tests' Chromium where that can be done, else say how."""
    if any(map(shutil.which, CHROMIUM)):
        return
    if _is_debian() and os.geteuid() == 0:
        say("Installing Chromium (about a minute) ...")
        apt_get = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        if not run([*apt_get, "update"]) and not run([*apt_get, "install", "-y", "chromium"]):
            return
    say("Without Chromium the browser tests are skipped. On Debian: apt-get install chromium")


def _is_debian() -> bool:
    """Return whether this is Debian; Ubuntu's package of that name only refers to a snap."""
    release = Path("/etc/os-release")
    return release.exists() and "ID=debian" in release.read_text().splitlines()
