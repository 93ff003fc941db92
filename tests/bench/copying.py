"""Measure what copying a store costs above the least that Copier and Cookiecutter can do.

Four contenders write the same files: this template, a Copier template that only copies them
(the floor), and Cookiecutter without and with rendering. One round runs each of them once, and
each round begins with another one, so that a change in the machine's load meets all alike.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, TypeVar
from unittest.mock import patch

from copier import run_copy
from jinja2 import Environment
from support.checkout import BUILD_CACHE, WORKING_TREE_TAG, export_template, git

TARGET = 1.10
STORE = "store"
NEVER_RENDERED = ".never-rendered"
Tree = Mapping[str, bytes]
Row = tuple[str, ...]
Result = TypeVar("Result")


@dataclass(eq=False)
class Contender:
    """One way to write the store's files, and the seconds that each round took."""

    name: str
    command: tuple[str, ...]
    """Ends with the folder that it writes into."""
    start: Path | None = None
    """What lies in that folder before each run; nothing where it is None."""
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def run(self, parent: Path, **environment: str) -> tuple[float, float]:
        """Write the files below a new folder; return its wall and its processor seconds."""
        if self.start:
            shutil.copytree(self.start, parent / self.command[-1], symlinks=True)
            git("status", cwd=parent / self.command[-1])  # notes the copies' times in the index
        used = children_cpu()
        started = time.perf_counter()
        done = subprocess.run(
            [*self.command[:-1], str(parent / self.command[-1])],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
        )
        seconds = time.perf_counter() - started
        if done.returncode:
            sys.exit(f"{self.name} failed:\n{done.stderr.decode(errors='replace')}")
        return seconds, children_cpu() - used


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description="Measure copying a store against its floor.")
    parser.add_argument("--rounds", type=int, default=9, help="how often each contender runs")
    parser.add_argument(
        "--profile", action="store_true", help="show instead where the store spends its time"
    )
    options = parser.parse_args()
    load, processors = os.getloadavg()[0], os.cpu_count()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    with tempfile.TemporaryDirectory(prefix="bench-copy-") as folder:
        work = Path(folder).resolve()
        make_hermetic(work)
        template = tagged(export_template(_folder(work / "template")))
        copy = Contender("copier copy", _copier("--trust", template))
        with temporary(work) as parent:
            copy.run(parent)
            tree = read_tree(parent / STORE)
            floor_template = tagged(copier_floor(parent / STORE, work / "floor"))
        floor = Contender("copier floor", _copier(floor_template))
        if options.profile:
            print_profile(work, template, floor_template)
            return
        contenders = [
            copy,
            floor,
            Contender("cookiecutter floor", _cookiecutter(tree, work / "plain", render=False)),
            Contender("cookiecutter rendered", _cookiecutter(tree, work / "raw", render=True)),
        ]
        measure(contenders, tree, work, options.rounds)
        print_table(contenders, floor, tree)
        print_counts(work, {copy: template, floor: floor_template})
    print(f"\nload average before = {load:.1f} on {processors} processors")
    print_ratio("copy", copy, floor)


def make_hermetic(work: Path) -> None:
    """Keep the developer's git, Copier, Cookiecutter and Python settings out of the measurement."""
    for name in [*os.environ]:
        if name.startswith(("GIT_", "COPIER_", "COOKIECUTTER_", "PYTHON", "XDG_")):
            del os.environ[name]
    home = _folder(work / "home")
    settings = home / "copier-settings.yml"
    settings.write_text("{}\n")
    os.environ.update(
        HOME=str(home),
        COPIER_SETTINGS_PATH=str(settings),
        COPIER_CACHE_DIR=str(home / "copier-cache"),
        GIT_CONFIG_GLOBAL=os.devnull,
        GIT_CONFIG_SYSTEM=os.devnull,
    )
    os.environ[BUILD_CACHE] = str(home / "next")
    for role in ("AUTHOR", "COMMITTER"):
        os.environ[f"GIT_{role}_NAME"] = "Bench"
        os.environ[f"GIT_{role}_EMAIL"] = "bench@example.com"


def tagged(repository: Path) -> Path:
    """Make a folder a repository that holds all of its files as one release."""
    git("init", "-q", "-b", "main", cwd=repository)
    git("add", "-A", "-f", cwd=repository)
    git("commit", "-q", "-m", "All files", cwd=repository)
    git("tag", "-a", WORKING_TREE_TAG, "-m", WORKING_TREE_TAG, cwd=repository)
    git("gc", "-q", "--prune=now", cwd=repository)  # as a hosted repository is
    return repository


def copier_floor(store: Path, repository: Path) -> Path:
    """Write a Copier template that does nothing but copy a finished store.

    It asks nothing, loads nothing, and no file has the suffix that makes Copier render. The
    finished answers file is one of the files: without the suffix Copier copies it like any other.
    """
    shutil.copytree(store, repository / "template")
    settings = {"_subdirectory": "template", "_templates_suffix": NEVER_RENDERED}
    (repository / "copier.yml").write_text(json.dumps(settings))
    return repository


def measure(
    contenders: list[Contender], tree: Tree, work: Path, rounds: int, apart_from: str = ""
) -> None:
    """Run all contenders round by round, after one round that only warms up and compares."""
    for contender in contenders:
        with temporary(work) as parent:
            contender.run(parent)
            written = read_tree(parent / STORE)
            if written.keys() != tree.keys() or any(
                written[name] != tree[name] for name in tree if name != apart_from
            ):
                sys.exit(f"{contender.name} wrote other files than {contenders[0].name}.")
    for number in range(rounds):
        first = number % len(contenders)
        for contender in contenders[first:] + contenders[:first]:
            with temporary(work) as parent:
                wall, cpu = contender.run(parent)
            contender.wall.append(wall)
            contender.cpu.append(cpu)


def print_table(contenders: list[Contender], floor: Contender, tree: Tree) -> None:
    """Print one line per contender."""
    size = f"{sum(map(len, tree.values())) / 1000:.1f}"
    rows: list[Row] = [
        ("contender", "files", "kB", "median s", "min s", "CPU median", "CPU min", "/ floor")
    ]
    for contender in contenders:
        seconds = (median(contender.wall), min(contender.wall))
        busy = (median(contender.cpu), min(contender.cpu))
        ratio = f"{seconds[0] / median(floor.wall):.2f}"
        numbers = (f"{value:.3f}" for value in (*seconds, *busy))
        rows.append((contender.name, str(len(tree)), size, *numbers, ratio))
    print_rows(rows)


def print_counts(work: Path, templates: Mapping[Contender, Path]) -> None:
    """Print the work that does not depend on the machine's load."""
    rows: list[Row] = [("contender", "git processes", "Jinja compilations")]
    for contender, template in templates.items():
        processes = count_git_processes(contender, work)
        rows.append((contender.name, str(processes), str(_apart(count_compiles, template, work))))
    print()
    print_rows(rows)


def print_ratio(name: str, ours: Contender, floor: Contender) -> None:
    """Print how far the template is from its floor, the ratio of wall medians last."""
    ratio = median(ours.wall) / median(floor.wall)
    paired = median(mine / least for mine, least in zip(ours.wall, floor.wall, strict=True))
    busy = median(ours.cpu) / median(floor.cpu)
    note = ": above target" if ratio > TARGET else ""
    print(f"median of the rounds' own ratios = {paired:.2f}, of CPU medians = {busy:.2f}")
    print(f"{name} / floor = {ratio:.2f} (target {TARGET:.2f}){note}")


def print_profile(work: Path, template: Path, floor_template: Path) -> None:
    """Print the 25 functions in which copying the store takes most more time than its floor."""
    mine, floor = (_apart(profile, source, work) for source in (template, floor_template))
    slower = sorted(mine, key=lambda name: floor.get(name, (0, 0.0))[1] - mine[name][1])
    rows: list[Row] = [("function", "calls", "floor calls", "cumulative s", "floor s", "more s")]
    for name in slower[:25]:
        (calls, seconds), (floor_calls, least) = mine[name], floor.get(name, (0, 0.0))
        numbers = (f"{value:.3f}" for value in (seconds, least, seconds - least))
        rows.append((name, str(calls), str(floor_calls), *numbers))
    print_rows(rows)


def count_git_processes(contender: Contender, work: Path) -> int:
    """Count the git processes that one run starts, through a `git` that notes each start."""
    real, log = shutil.which("git"), work / "git.log"
    wrapper = _folder(work / "counting") / "git"
    wrapper.write_text(f'#!/bin/sh\necho >> "{log}"\nexec "{real}" "$@"\n')
    wrapper.chmod(0o755)
    log.write_text("")
    with temporary(work) as parent:
        contender.run(parent, PATH=f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}")
    return len(log.read_text().splitlines())


def count_compiles(template: Path, work: Path) -> int:
    """Count the templates that Jinja compiles during one copy in this process."""
    compiled = 0
    original: Callable[..., Any] = Environment.compile

    def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal compiled
        compiled += 1
        return original(*arguments, **options)

    with patch.object(Environment, "compile", counted):
        _copy_here(template, work)
    return compiled


def profile(template: Path, work: Path) -> dict[str, tuple[int, float]]:
    """Return calls and cumulative seconds of each function during one copy in this process."""
    profiler = cProfile.Profile()
    profiler.runcall(_copy_here, template, work)
    profiler.create_stats()
    found: dict[str, tuple[int, float]] = {}
    for (file, line, called), (_, calls, _, seconds, _) in profiler.stats.items():
        place = Path(file)
        found[f"{place.parent.name}/{place.name}:{line} {called}"] = (calls, seconds)
    return found


def read_tree(folder: Path) -> Tree:
    """Read all files of a generated store; git's own apart."""
    paths = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@contextmanager
def temporary(work: Path) -> Iterator[Path]:
    """Return a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        yield Path(folder)


def _copy_here(template: Path, work: Path) -> None:
    """Copy as the command line does, without a word."""
    with temporary(work) as parent, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        run_copy(str(template), parent / STORE, defaults=True, unsafe=True)


def _apart(function: Callable[[Path, Path], Result], template: Path, work: Path) -> Result:
    """Call a function in a new process: what one copy patches or loads must not reach another."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, template, work).result()


def _copier(*arguments: str | Path) -> tuple[str, ...]:
    return (tool("copier"), "copy", "--defaults", *map(str, arguments), STORE)


def _cookiecutter(tree: Tree, template: Path, *, render: bool) -> tuple[str, ...]:
    """Write a Cookiecutter template of finished files; return the command up to its output."""
    as_they_are = [name for name, content in tree.items() if not _can_be_raw(content)]
    context = {"folder": STORE, "_copy_without_render": as_they_are if render else ["*"]}
    for name, content in tree.items():
        target = template / "{{cookiecutter.folder}}" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        wrap = render and name not in as_they_are
        target.write_bytes(b"{% raw %}" + content + b"{% endraw %}" if wrap else content)
    (template / "cookiecutter.json").write_text(json.dumps(context))
    return (tool("cookiecutter"), "--no-input", str(template), "--output-dir", "")


def _can_be_raw(content: bytes) -> bool:
    """Return whether Jinja gives a text back as it is when it stands between raw tags."""
    try:
        return bool(content) and "\r" not in content.decode() and b"endraw" not in content
    except UnicodeDecodeError:
        return False


def tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def children_cpu() -> float:
    """Return the seconds of user and system time that ended child processes have taken."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def print_rows(rows: list[Row]) -> None:
    """Print rows under their headings, the first column to the left and numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        print("  ".join((first.ljust(widths[0]), *cells)))


if __name__ == "__main__":
    main()
