"""`make dev` of a store, started as in a terminal and ended with Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.running_store import locked

START_SECONDS = 120
END_SECONDS = 60
READY = re.compile(r"The store is ready: (\S+)  \(API: (\S+),")


@dataclass
class Run:
    """One `make dev`, in a session of its own as in a terminal's window."""

    store: Path
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def text(self) -> str:
        """Return what it has printed so far."""
        return self.output.read_text()

    @property
    def record(self) -> dict[str, Any]:
        """Return what it has written down for the next run."""
        file = self.store / ".dev/running.json"
        content: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        return content

    @property
    def pids(self) -> dict[str, int]:
        """Return the process id of each part of the store."""
        return {process["name"]: process["pid"] for process in self.record.get("processes", [])}

    def wait_until_ready(self) -> tuple[str, str]:
        """Return the addresses of the storefront and the API."""
        found = self._wait_for(lambda: READY.search(self.text))
        return found[1], found[2]

    def wait_until_started(self) -> None:
        """Wait until each part of the store runs, whether it answers or not."""
        self._wait_for(lambda: "storefront" in self.pids)

    def _wait_for(self, look: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + START_SECONDS
        while not (found := look()):
            assert self.process.poll() is None, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.1)
        return found

    def press_ctrl_c(self) -> int:
        """Interrupt everything in the terminal's foreground, and return the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(END_SECONDS)


@contextlib.contextmanager
def running(store: Path, *command: str) -> Iterator[Run]:
    """Run `make dev` in a store; end it if nobody has.

    The workers take turns, because two that start may both find a port free.
    """
    with locked(Path(tempfile.gettempdir()) / "make-dev.lock"):
        yield from _running(store, command)


def _running(store: Path, command: tuple[str, ...]) -> Iterator[Run]:
    output = store.parent / f"output-{time.monotonic_ns()}"
    with output.open("wb") as file:
        process = subprocess.Popen(
            command or ("make", "dev"),
            cwd=store,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    run = Run(store, process, output)
    try:
        yield run
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(END_SECONDS)
