"""A person at a terminal: the questions, the refusals and the way out."""

from __future__ import annotations

import os
import re
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest
import yaml

ENTER, DOWN, UP, CLEAR, INTERRUPT = "\r", "\x1b[B", "\x1b[A", "\x15", "\x03"
SECONDS = 30
_OUTPUT = re.compile(r"\x1b\[([0-9;?]*)([a-zA-Z])|([^\x1b])")


class Screen:
    """What a terminal shows: the few control codes that the prompts use, applied to a grid."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], str] = {}
        self._row = self._column = 0
        self._rest = ""

    def feed(self, output: str) -> None:
        """Apply what a program wrote; a control code cut in two waits for its other half."""
        output = self._rest + output
        cut = re.search(r"\x1b(?:\[[0-9;?]*)?$", output)
        self._rest = cut[0] if cut else ""
        for code, command, character in _OUTPUT.findall(output[: cut.start() if cut else None]):
            if command:
                self._control(command, int(code) if code.isdigit() else 0)
            else:
                self._put(character)

    def text(self) -> str:
        """Return all that is to be read, with single spaces."""
        rows: dict[int, dict[int, str]] = {}
        for (row, column), character in self._cells.items():
            rows.setdefault(row, {})[column] = character
        lines = (
            "".join(rows[row].get(column, " ") for column in range(max(rows[row]) + 1))
            for row in sorted(rows)
        )
        return " ".join(" ".join(lines).split())

    def _put(self, character: str) -> None:
        if character == "\r":
            self._column = 0
        elif character == "\n":
            self._row += 1
        elif character == "\b":
            self._column -= 1
        elif character.isprintable():
            self._cells[self._row, self._column] = character
            if unicodedata.east_asian_width(character) in "WF":
                self._cells[self._row, self._column + 1] = ""
                self._column += 1
            self._column += 1

    def _control(self, command: str, count: int) -> None:
        steps = {"A": (-1, 0), "B": (1, 0), "C": (0, 1), "D": (0, -1)}.get(command)
        if steps:
            self._row += steps[0] * max(1, count)
            self._column += steps[1] * max(1, count)
        elif command in "JK":
            here = (self._row, self._column)
            last = self._row if command == "K" else max(self._cells, default=here)[0]
            for cell in [cell for cell in self._cells if here <= cell and cell[0] <= last]:
                del self._cells[cell]


class Terminal:
    """Copier in a pseudo-terminal of 50 lines and 80 columns."""

    def __init__(self, *arguments: str | Path) -> None:
        """Start `copier copy`."""
        self._screen = Screen()
        self._process = pexpect.spawn(
            sys.executable,
            ["-m", "copier", "copy", "--trust", *map(str, arguments)],
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
            dimensions=(50, 80),
            encoding="utf-8",
            timeout=SECONDS,
        )

    def sees(self, *texts: str) -> None:
        """Wait until every text is on the screen."""
        until = time.monotonic() + SECONDS
        while missing := [text for text in texts if text not in self._screen.text()]:
            assert time.monotonic() < until, f"{missing} not in:\n{self._screen.text()}"
            try:
                self._screen.feed(self._process.read_nonblocking(65536, timeout=1))
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                pytest.fail(f"ended without {missing}:\n{self._screen.text()}")

    def types(self, *keys: str) -> None:
        """Press keys."""
        for key in keys:
            self._process.send(key)

    def ends(self) -> tuple[int, str]:
        """Wait for the end and give the exit code and all that is on the screen."""
        try:
            self._process.expect(pexpect.EOF)
        except pexpect.TIMEOUT:
            self._screen.feed(self._process.before or "")
            pytest.fail(f"still asks:\n{self._screen.text()}")
        self._screen.feed(self._process.before or "")
        self._process.close()
        return self._process.exitstatus or 0, self._screen.text()

    def close(self) -> None:
        """End the process if a test gave up on it."""
        self._process.close(force=True)


@pytest.fixture
def start() -> Iterator[Callable[..., Terminal]]:
    """Return a function that starts Copier in a terminal, and leave none behind."""
    started: list[Terminal] = []

    def start(*arguments: str | Path) -> Terminal:
        started.append(Terminal(*arguments))
        return started[-1]

    yield start
    for terminal in started:
        terminal.close()


def test_a_person_answers_the_questions_and_gets_what_was_typed(
    start: Callable[..., Terminal], template: Path, tmp_path: Path
) -> None:
    terminal = start(template, tmp_path / "store")

    terminal.sees("No question asks for a secret", "What is the store called?")
    terminal.types(CLEAR, "Blue Lamp & Söhne", ENTER)

    terminal.sees("CANNOT be changed later", "blue-lamp-sohne")
    terminal.types(CLEAR, "Blue_Lamp", ENTER)
    terminal.sees("Example: blue-lamp. Only a-z 0-9 -.")
    terminal.types(CLEAR, "blue-lamp", ENTER)

    terminal.sees("GitHub repository", "my-organisation/blue-lamp")
    terminal.types(CLEAR, "blue/lamp", ENTER)

    terminal.sees(
        "Where does the data live?", "frankfurt: Frankfurt, Germany", "singapore: Singapore"
    )
    terminal.types(DOWN, ENTER)

    terminal.sees(
        "How large does it start?",
        "demo: free",
        "launch: about $",
        "growth: about $",
        "scale: about $",
    )
    terminal.types(DOWN, ENTER)

    terminal.sees("Choose each vendor's plan yourself?")
    terminal.types("y")
    terminal.sees("Record sessions with LogRocket")
    terminal.types(ENTER)

    terminal.sees("Vercel plan", "hobby (Vercel's Hobby plan forbids any request for payment")
    terminal.types(UP, ENTER)
    terminal.sees("Render plan of each API instance", "1c-2g", "8c-32g")
    terminal.types(DOWN, ENTER)
    for question in ("PostgreSQL", "Key Value", "Cloudinary plan", "Sentry plan"):
        terminal.sees(question)
        terminal.types(ENTER)

    terminal.sees("shop's own domain")
    terminal.types("shop.example.com", ENTER)
    terminal.sees("Who is mailed", "alerts@shop.example.com")
    terminal.types(ENTER)
    terminal.sees("sample storefront")
    terminal.types("n")
    code, words = terminal.ends()

    assert code == 0, words
    assert "Blue Lamp & Söhne is ready in" in words
    answers = yaml.safe_load((tmp_path / "store" / ".copier-answers.yml").read_text())
    assert {key: value for key, value in answers.items() if not key.startswith("_")} == {
        "store_name": "Blue Lamp & Söhne",
        "store_slug": "blue-lamp",
        "repository": "blue/lamp",
        "region": "singapore",
        "tier": "growth",
        "customize_plans": True,
        "enable_logrocket": False,
        "vercel_plan": "pro",
        "api_plan": "2c-4g",
        "postgres_plan": "1c-4g",
        "key_value_plan": "1g",
        "cloudinary_plan": "plus",
        "sentry_plan": "team",
        "domain": "shop.example.com",
        "alert_email": "alerts@shop.example.com",
        "include_starter": False,
    }


def test_ctrl_c_half_way_says_so_and_writes_nothing(
    start: Callable[..., Terminal], template: Path, tmp_path: Path
) -> None:
    terminal = start(template, tmp_path / "store")

    terminal.sees("What is the store called?")
    terminal.types(ENTER)
    terminal.sees("Its machine name")
    terminal.types(INTERRUPT)
    code, words = terminal.ends()

    assert code != 0
    assert "Execution stopped by user" in words
    assert "Traceback" not in words
    assert not (tmp_path / "store").exists()


def test_renaming_a_store_at_the_prompt_is_refused_there_and_writes_nothing(
    start: Callable[..., Terminal], template: Path, tmp_path: Path
) -> None:
    answers = tmp_path / "store" / ".copier-answers.yml"
    answers.parent.mkdir()
    answers.write_text("store_name: Blue Lamp\nstore_slug: blue-lamp\nregion: ohio\n")
    terminal = start(template, tmp_path / "store")

    terminal.sees("What is the store called?", "Blue Lamp")
    terminal.types(ENTER)
    terminal.sees("Its machine name", "blue-lamp")
    terminal.types(CLEAR, "red-lamp", ENTER)
    terminal.sees("Keep blue-lamp. store_slug cannot")
    terminal.types(INTERRUPT)
    code, words = terminal.ends()

    assert code == 1
    assert "Traceback" not in words
    assert [path.name for path in answers.parent.iterdir()] == [answers.name]
