"""`luma live` of a store, run against stand-ins: here, or in a process that is killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pexpect
import pytest

from luma.live import commands
from luma.problems import LumaError
from support.api_stand_in import Asked
from support.checkout import ROOT
from support.warm import Python

COMMAND = (sys.executable, "-B", str(ROOT / "luma"), "live")
ANSWERS = {
    "repository": "lamps/shop",
    "domain": "shop.example.com",
    "alert_email": "ida@shop.example.com",
}
PATIENCE_SECONDS = 60


class Done(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    error: str = ""


Live = Callable[..., Done]


def run_here(capsys: pytest.CaptureFixture[str], secrets: Iterable[str], *arguments: str) -> Done:
    """Run it where no terminal is, and expect that it tells no secret."""
    capsys.readouterr()
    try:
        done = Done(commands.main(arguments), capsys.readouterr().out)
    except LumaError as error:
        done = Done(1, capsys.readouterr().out, str(error))
    for secret in secrets:
        assert secret not in done.out + done.error
    return done


def kill_before_the_answer(
    number: int, held: Asked, vendor: str, store: Path, environment: Mapping[str, str]
) -> None:
    """Apply a vendor's part in a process that ends when a write is done, and not yet answered."""
    arguments = ["live", "apply", "--only", vendor, "--yes", "--store", str(store)]
    running = Python([ROOT / "luma", *arguments], environment=os.environ | environment)

    def kill(_method: str, _path: str) -> None:
        if len(held.writes) == number and running.returncode is None:
            os.kill(running.pid, signal.SIGKILL)

    held.answering = kill
    assert running.wait(PATIENCE_SECONDS) == -signal.SIGKILL


def at_a_terminal(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    seen: Path,
    *typed: tuple[str, str],
) -> tuple[int | None, bytes]:
    """Run it in a terminal that is recorded in a file, and say yes; return code and arguments.

    Each of what is typed has the text that it answers.
    """
    with seen.open("wb") as log:
        person = pexpect.spawn(
            COMMAND[0],
            [*COMMAND[1:], *arguments],
            env=environment,
            timeout=30,
            dimensions=(50, 160),
        )
        person.logfile_read = log
        for asked, answer in typed:
            person.expect(asked)
            person.send(f"{answer}\r")
        person.expect("Write this\\?")
        process = Path(f"/proc/{person.pid}/cmdline").read_bytes()
        person.send("y")
        person.expect(pexpect.EOF)
        person.close()
    return person.exitstatus, process
