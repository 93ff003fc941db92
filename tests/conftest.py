"""One way for every test to reach Copier: hermetic, on loopback, from the working tree."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
from collections.abc import Iterator
from itertools import groupby, islice
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
from copier import run_copy
from support import quick
from support.checkout import (
    BUILD_CACHE,
    WORKING_TREE_TAG,
    Generate,
    export_template,
    git,
    shared_by_workers,
)
from support.history import build_history
from support.later import store_of
from support.lighter import CHECKED_OUT, COMPILED, lighten

pytest.register_assert_rewrite("support.browser", "support.running_store")

from support.running_store import Installed, install, locked  # noqa: E402 - asserts are rewritten

TESTS = Path(__file__).parent
ALL_PACKAGES = {"enable_logrocket": True}
"""The answers of a store whose packages are those of every other one, and more."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what `luma test quick` and `make pictures` ask for."""
    parser.addoption("--quick", action="store_true", help="run the tests of tests/support/quick.py")
    parser.addoption(
        "--write-pictures", action="store_true", help="write docs/pictures/ instead of comparing it"
    )


def pytest_xdist_auto_num_workers() -> int:
    """Return one more than there are processors: many tests wait for what they have started."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the others out where only the quick tests are wanted; begin with the slow files.

    They wait a lot: half of the many fast tests are among them, so that somebody works. The other
    half keeps every worker busy until the end.
    """
    if config.option.quick:
        items[:] = quick.choose(items)
    fast = [item for item in items if item.path.parent == TESTS]
    slow = [item for item in items if item.path.parent != TESTS]
    # The longest are in the last folders.
    slow.sort(key=attrgetter("path"), reverse=True)
    files = [[*file] for _, file in groupby(slow, key=attrgetter("path"))]
    share = len(fast) // (2 * len(files) or 1)
    waiting = iter(fast)
    mixed = [item for file in files for item in (*file, *islice(waiting, share))]
    items[:] = [*mixed, *waiting]


class FailuresAtOnce:
    """Shows each failure when it happens; pytest shows them again when all is over."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self._terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Show a report where it says that something failed."""
        if report.failed:
            self._terminal.line("")
            self._terminal.section(report.nodeid, "_", red=True)
            self._terminal.write_line(report.longreprtext)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Show failures at once, in the process that has the terminal."""
    if terminal := config.pluginmanager.getplugin("terminalreporter"):
        config.pluginmanager.register(FailuresAtOnce(terminal))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what each fault did to those who used the store.

    The process that starts the workers reads no conftest below this one.
    """
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    rows = [row for report in reports for name, row in report.user_properties if name == "fault"]
    if rows:
        terminalreporter.section("Faults under load: no wrong answer, no lost write")
        terminalreporter.line("What fails, and how                    recovered  longest  answers")
    for row in rows:
        terminalreporter.line(row)


@pytest.fixture(scope="session", autouse=True)
def hermetic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the developer's git, Copier and home settings out of every test."""
    home = tmp_path_factory.mktemp("home")
    caches = shared_by_workers(tmp_path_factory) / "caches"
    (home / "copier-settings.yml").write_text("{}\n")
    # An update adds the pictures several times, and to compress them is a good part of its work.
    (home / ".gitconfig").write_text("[core]\nlooseCompression = 0\n[maintenance]\nauto = false\n")
    (home / ".npmrc").write_text(f"cache={caches}/npm\n")
    # What a shell starts in the background ignores Ctrl-C, and so would all that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        # What is downloaded or compiled once serves the whole run, as on a developer's machine.
        for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR", BUILD_CACHE, COMPILED, CHECKED_OUT):
            patch.setenv(name, str(caches / name))
        # A cache of each worker's own: mypy's is not for several processes at once.
        patch.setenv("MYPY_CACHE_DIR", str(home / "mypy"))
        lighten()
        # What every process of a store imports is compiled once, when it is installed.
        patch.setenv("UV_COMPILE_BYTECODE", "1")
        # A store's content is compared: what its own commands compile is no part of it.
        patch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        patch.setenv("COPIER_SETTINGS_PATH", str(home / "copier-settings.yml"))
        patch.setenv("COPIER_CACHE_DIR", str(home / "copier-cache"))
        patch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
        patch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
        for role in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{role}_NAME", "Test")
            patch.setenv(f"GIT_{role}_EMAIL", "test@example.com")
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository that holds the working tree as one tagged release."""
    repository = export_template(tmp_path_factory.mktemp("template"))
    git("init", "-q", "-b", "main", cwd=repository)
    git("add", "-A", cwd=repository)
    git("commit", "-q", "-m", "Working tree", cwd=repository)
    git("tag", "-a", WORKING_TREE_TAG, "-m", WORKING_TREE_TAG, cwd=repository)
    return repository


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository in which every release is a tag and the working tree the newest one.

    Nobody may write into it: clone it first.
    """
    return build_history(tmp_path_factory.mktemp("history") / "template")


@pytest.fixture(scope="session")
def generate(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Generate:
    """Return a function from answers to a generated store, rendered once per set of answers.

    Nobody may write into what it gives: copy it first. It doesn't go through pytest-copie, which
    gives answers as defaults: Copier then doesn't check them as it checks those of `--data`.
    """
    rendered: dict[tuple[tuple[str, Any], ...], Path] = {}

    def generate(**answers: Any) -> Path:
        key = tuple(sorted(answers.items()))
        if key not in rendered:
            destination = tmp_path_factory.mktemp("store") / "store"
            run_copy(
                str(template), destination, data=answers, defaults=True, quiet=True, unsafe=True
            )
            rendered[key] = destination
        return rendered[key]

    return generate


@pytest.fixture(scope="module")
def generated(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a committed store of the working tree; copy it before you write.

    A test file with a `template` of its own gets a store of that.
    """
    return store_of(template, tmp_path_factory.mktemp("generated") / "store", WORKING_TREE_TAG)


@pytest.fixture
def store(generated: Path, tmp_path: Path) -> Path:
    """Return a store under version control, free to be changed."""
    return Path(shutil.copytree(generated, tmp_path / "store", symlinks=True))


@pytest.fixture(scope="session")
def installed(generate: Generate, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Return a function from answers to a store after its first commit and `make setup`.

    Nobody may write into what it gives: take a `copy_of` it.
    """
    for program in ("make", "npm"):
        if shutil.which(program) is None and not os.environ.get("CI"):
            pytest.skip(f"{program} is not installed: no store can be set up.")
    shared = shared_by_workers(tmp_path_factory)

    def installed(**answers: Any) -> Path:
        is_set_up = answers == ALL_PACKAGES or not answers.get("include_starter", True)
        model = None if is_set_up else installed(**ALL_PACKAGES)
        name = hashlib.sha256(repr(sorted(answers.items())).encode()).hexdigest()[:12]
        folder = shared / f"installed-{name}"
        with locked(shared / "installed.lock"):
            done = folder.with_suffix(".done")
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                install(generate(**answers), folder, model)
                done.touch()
        return folder

    return installed
