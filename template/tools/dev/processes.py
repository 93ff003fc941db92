"""Processes: started apart from the terminal, recorded, and ended together with all they started.

Each child leads a session of its own. Ctrl-C in a terminal therefore reaches `make dev` alone,
which can end its children in order; and a child's session tells what it has started in turn.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil  # type: ignore[import-not-found,import-untyped,unused-ignore]

from .console import ProblemError, last_lines, prefixed, say

PATIENCE = 10.0
"""Seconds that a process has for its clean end."""
SAME_START = 2.0
"""Seconds by which the clock's corrections may move a process's start time."""
LOOK = 0.1
"""Seconds between two looks at what the children do."""


class EndedByPersonError(Exception):
    """Ctrl-C, `kill`, or the terminal closed."""


@dataclass(frozen=True)
class Mark:
    """What tells one process from any other that gets its id later."""

    name: str
    pid: int
    started: float
    ends_on: int = signal.SIGTERM

    @classmethod
    def of(cls, name: str, pid: int, ends_on: int = signal.SIGTERM) -> Mark:
        """Mark a running process."""
        return cls(name, pid, psutil.Process(pid).create_time(), ends_on)

    def is_on(self, process: Any) -> bool:
        """Tell whether a process is the marked one."""
        try:
            started = process.create_time()
        except psutil.Error:
            return False
        return bool(process.pid == self.pid and abs(started - self.started) < SAME_START)


@dataclass
class Child:
    """A process that this one started."""

    mark: Mark
    process: subprocess.Popen[bytes]
    log: Path | None
    ends_by_itself: bool = False


@dataclass
class Signals:
    """Notes that the person wants an end, for the main loop to act upon between two steps."""

    received: bool = False
    parent: int | None = None
    terminal: bool = False

    def install(self) -> None:
        """Take over the signals of a terminal, and watch what may go without sending one.

        That is a `make` that is killed, and a terminal that runs nothing else: when it closes, only
        `make` is told, and waits.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup has the closing terminal ignored.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._note)
        if "MAKELEVEL" in os.environ:
            self.parent = os.getppid()
        self.terminal = sys.stdout.isatty() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN

    def check(self) -> None:
        """Raise EndedByPersonError where the end has been asked for."""
        without_make = self.parent is not None and self.parent != os.getppid()
        without_terminal = self.terminal and not sys.stdout.isatty()
        if self.received or without_make or without_terminal:
            raise EndedByPersonError

    def _note(self, *_: object) -> None:
        self.received = True


@dataclass
class Children:
    """The processes of one run, in the order of their start."""

    root: Path
    signals: Signals
    changed: Callable[[list[Mark]], None]
    running: list[Child] = field(default_factory=list)
    quiet: threading.Event = field(default_factory=threading.Event)

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        log: Path | None = None,
        stdin: str | None = None,
        ends_on: int = signal.SIGTERM,
        ends_by_itself: bool = False,
    ) -> Child:
        """Start a process. What it prints goes to its log, or to the terminal under its name."""
        with nullcontext(subprocess.PIPE) if log is None else log.open("wb") as output:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        child = Child(Mark.of(name, process.pid, ends_on), process, log, ends_by_itself)
        self.running.append(child)
        self._record()
        if process.stdin is not None and stdin is not None:
            process.stdin.write(stdin.encode())
            process.stdin.close()
        if process.stdout is not None:
            threading.Thread(target=self._print, args=(name, process.stdout), daemon=True).start()
        return child

    def run(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        log: Path,
    ) -> None:
        """Run a command to its end and keep its output for the case that it fails.

        Raises:
            ProblemError: it has failed.

        """
        child = self.start(
            name, command, cwd=cwd, environment=environment, log=log, ends_by_itself=True
        )
        while child.process.poll() is None:
            self.wait()
        self.running.remove(child)
        self._record()
        if code := child.process.returncode:
            raise ProblemError(_ending(name, code) + last_lines(name, log, 20))

    def wait(self) -> None:
        """Let a moment pass.

        Raises:
            EndedByPersonError: the person wants an end.
            ProblemError: a process that has to run has ended.

        """
        self.signals.check()
        for child in self.running:
            code = child.process.poll()
            if code is not None and not child.ends_by_itself:
                more = last_lines(child.mark.name, child.log, 8) if child.log else ""
                raise ProblemError(_ending(child.mark.name, code) + more)
        time.sleep(LOOK)

    def end(self) -> None:
        """End all, the last one first."""
        self.quiet.set()
        for child in reversed(self.running):
            end(child.mark, self.root)
            child.process.wait()
        self.running.clear()

    def _record(self) -> None:
        self.changed([child.mark for child in self.running])

    def _print(self, name: str, output: IO[bytes]) -> None:
        for raw in output:
            line = raw.decode(errors="replace").rstrip()
            if line and not self.quiet.is_set():
                say(prefixed(name, line))


def end(mark: Mark, root: Path) -> bool:
    """End a marked process and the rest of its session; tell whether there was anything to end."""
    found = _session(mark, root)
    for process in found:
        # PostgreSQL's own processes follow their first one.
        if mark.ends_on == signal.SIGTERM or mark.is_on(process):
            _send(process, mark.ends_on)
    deadline = time.monotonic() + PATIENCE
    left = found
    while left and time.monotonic() < deadline:
        time.sleep(LOOK / 2)
        left = _session(mark, root)
    for process in left:
        _send(process, signal.SIGKILL)
    return bool(found)


def working_in(folder: Path) -> list[int]:
    """Give the ids of the processes whose working directory is a folder."""
    return [process.pid for process in _alive() if _directory(process) == folder]


def _session(mark: Mark, root: Path) -> list[Any]:
    processes = list(_alive())
    leader = [process for process in processes if process.pid == mark.pid]
    if leader and not mark.is_on(leader[0]):
        # Someone else has the id, which no one can get while the session has a process left.
        return []
    return leader + [
        process
        for process in processes
        if process.pid != mark.pid
        and _session_id(process) == mark.pid
        and (directory := _directory(process)) is not None
        and directory.is_relative_to(root)
    ]


def _alive() -> Iterator[Any]:
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except psutil.Error:
            continue


def _directory(process: Any) -> Path | None:
    try:
        return Path(process.cwd())
    except psutil.Error:
        return None


def _session_id(process: Any) -> int | None:
    try:
        return os.getsid(process.pid)
    except OSError:
        return None


def _send(process: Any, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        return


def _ending(name: str, code: int) -> str:
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"{name} has ended ({how})."
