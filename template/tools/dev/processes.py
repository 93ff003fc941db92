"""Child processes: started outside the terminal's session, recorded, and stopped in order.

Each child leads its own session. So Ctrl-C reaches only `make dev`, which stops its children in
order, and a child's session shows which processes the child has started itself.
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

STOP_SECONDS = 10.0
"""How long a process may take to stop before it is killed."""
START_TOLERANCE_SECONDS = 2.0
"""How far clock corrections may move a process's start time."""
POLL_SECONDS = 0.1
"""How often the children are checked."""


class Interrupted(Exception):  # noqa: N818 - an interruption is no error
    """Ctrl-C, `kill`, or a closed terminal."""


@dataclass(frozen=True)
class Identity:
    """Identifies a process, even after its id is used again."""

    name: str
    pid: int
    started: float
    stop_signal: int = signal.SIGTERM

    @classmethod
    def of(cls, name: str, pid: int, stop_signal: int = signal.SIGTERM) -> Identity:
        """Return the identity of a running process."""
        return cls(name, pid, psutil.Process(pid).create_time(), stop_signal)

    def matches(self, process: Any) -> bool:
        """Return whether a process is the marked one."""
        try:
            started = process.create_time()
        except psutil.Error:
            return False
        return bool(
            process.pid == self.pid and abs(started - self.started) < START_TOLERANCE_SECONDS
        )


@dataclass
class Child:
    """A process that `make dev` started."""

    identity: Identity
    process: subprocess.Popen[bytes]
    log: Path | None
    stops_by_itself: bool = False


@dataclass
class Signals:
    """Records that the person wants to stop, for the main loop to check between steps."""

    received: bool = False
    parent: int | None = None
    terminal: bool = False

    def install(self) -> None:
        """Handle the terminal's signals, and prepare to notice when none arrives.

        None arrives if `make` is killed, or if a terminal closes that runs nothing else: then only
        `make` gets the signal, and waits.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup makes a program ignore SIGHUP.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._note)
        if "MAKELEVEL" in os.environ:
            self.parent = os.getppid()
        self.terminal = sys.stdout.isatty() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN

    def check(self) -> None:
        """Raise Interrupted if the person wants to stop."""
        without_make = self.parent is not None and self.parent != os.getppid()
        without_terminal = self.terminal and not sys.stdout.isatty()
        if self.received or without_make or without_terminal:
            raise Interrupted

    def _note(self, *_: object) -> None:
        self.received = True


@dataclass
class Children:
    """The processes of one run, in the order in which they started."""

    root: Path
    signals: Signals
    changed: Callable[[list[Identity]], None]
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
        stop_signal: int = signal.SIGTERM,
        stops_by_itself: bool = False,
    ) -> Child:
        """Start a process. Its output goes to a log, or to the terminal with its name in front."""
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
        child = Child(Identity.of(name, process.pid, stop_signal), process, log, stops_by_itself)
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
        """Run a command and wait for it; its output is shown if it fails.

        Raises:
            ProblemError: it failed.

        """
        child = self.start(
            name, command, cwd=cwd, environment=environment, log=log, stops_by_itself=True
        )
        while child.process.poll() is None:
            self.wait()
        self.running.remove(child)
        self._record()
        if code := child.process.returncode:
            raise ProblemError(_ending(name, code) + last_lines(name, log, 20))

    def wait(self) -> None:
        """Wait for a moment.

        Raises:
            Interrupted: the person wants to stop.
            ProblemError: a process stopped that has to run.

        """
        self.signals.check()
        for child in self.running:
            code = child.process.poll()
            if code is not None and not child.stops_by_itself:
                more = last_lines(child.identity.name, child.log, 8) if child.log else ""
                raise ProblemError(_ending(child.identity.name, code) + more)
        time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop all processes, the last one first."""
        self.quiet.set()
        for child in reversed(self.running):
            stop(child.identity, self.root)
            child.process.wait()
        self.running.clear()

    def _record(self) -> None:
        self.changed([child.identity for child in self.running])

    def _print(self, name: str, output: IO[bytes]) -> None:
        for raw in output:
            line = raw.decode(errors="replace").rstrip()
            if line and not self.quiet.is_set():
                say(prefixed(name, line))


def stop(identity: Identity, root: Path) -> bool:
    """Stop a marked process and its session. Return whether any process was left of them."""
    found = _session(identity, root)
    for process in found:
        # PostgreSQL's first process stops the others.
        if identity.stop_signal == signal.SIGTERM or identity.matches(process):
            _send(process, identity.stop_signal)
    deadline = time.monotonic() + STOP_SECONDS
    left = found
    while left and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS / 2)
        left = _session(identity, root)
    for process in left:
        _send(process, signal.SIGKILL)
    return bool(found)


def working_in(folder: Path) -> list[int]:
    """Return the ids of the processes that have a folder as working directory."""
    return [process.pid for process in _alive() if _directory(process) == folder]


def _session(identity: Identity, root: Path) -> list[Any]:
    processes = list(_alive())
    leader = [process for process in processes if process.pid == identity.pid]
    if leader and not identity.matches(leader[0]):
        # The id was used again, which is impossible while the session has processes.
        return []
    return leader + [
        process
        for process in processes
        if process.pid != identity.pid
        and _session_id(process) == identity.pid
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
    return f"{name} stopped ({how})."
