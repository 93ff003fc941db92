"""Output for the person at the terminal."""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

BACKGROUND = {"time", "logger", "release", "environment"}
"""Fields of a log line that say nothing new on a laptop."""
IDS = {"request_id", "trace_id"}
"""Fields that only help to find an error again."""

_one_line_at_a_time = threading.Lock()


class ProblemError(Exception):
    """A problem that a person has to solve; its text is the sentence to show."""


def say(text: str) -> None:
    """Print a line. If the terminal has closed, discard it: the store still has to stop cleanly."""
    with _one_line_at_a_time:
        try:
            print(text, flush=True)
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)


def prefixed(name: str, line: str) -> str:
    """Return what a process printed, readable, with the name of the process in front."""
    return "\n".join(f"{name:<10} | {part}" for part in readable(line))


def readable(line: str) -> list[str]:
    """Return a JSON log line as `level message key=value`, and any other line as it is.

    Fields that the message repeats are left out. A text of several lines, such as a traceback,
    follows below.
    """
    entry = _log_entry(line)
    if entry is None:
        return [line]
    level, message = entry.pop("level"), entry.pop("message")
    hidden = BACKGROUND | IDS if level in {"debug", "info"} else BACKGROUND
    first, below = [level, message], []
    for name, value in entry.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if "\n" in text:
            below.append(text)
        elif name not in hidden and text not in message.split():
            first.append(f"{name}={text}")
    return "\n".join([" ".join(first), *below]).splitlines()


def _log_entry(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    has_both = all(isinstance(entry.get(name), str) for name in ("level", "message"))
    return entry if has_both else None


def last_lines(name: str, log: Path, count: int) -> str:
    """Return the last lines of a process's log, prefixed, to append to a sentence."""
    lines = log.read_text(errors="replace").splitlines()[-count:]
    return "".join("\n" + prefixed(name, line) for line in lines)
