"""What a person reads in the terminal."""

import os
import sys
import threading
from pathlib import Path

_one_line_at_a_time = threading.Lock()


class ProblemError(Exception):
    """Something that a person has to know or do; its text is the sentence that says so."""


def say(text: str) -> None:
    """Print a line; a terminal that has closed must not keep the rest from ending in order."""
    with _one_line_at_a_time:
        try:
            print(text, flush=True)
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)


def prefixed(name: str, line: str) -> str:
    """Give a process's line with the name of the process in front."""
    return f"{name:<10} | {line}"


def last_lines(name: str, log: Path, count: int) -> str:
    """Give the end of a process's log, prefixed, to stand below a sentence."""
    lines = log.read_text(errors="replace").splitlines()[-count:]
    return "".join("\n" + prefixed(name, line) for line in lines)
