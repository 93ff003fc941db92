"""A person's terminal: what a program that asks questions shows there, and what is typed."""

from __future__ import annotations

import os
import re
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pexpect
import pytest

ENTER, DOWN, UP, CLEAR, INTERRUPT = "\r", "\x1b[B", "\x1b[A", "\x15", "\x03"
LINES, COLUMNS = 50, 80
PATIENCE_SECONDS = 30
_OUTPUT = re.compile(r"\x1b\[([0-9;?]*)([a-zA-Z])|([^\x1b])")
_UNFINISHED = re.compile(r"\x1b(?:\[[0-9;?]*)?$")
_TRUE_COLOR = re.compile(r"([34])8;2;(\d+);(\d+);(\d+)")


class Style(NamedTuple):
    """How a character looks; no colour is the terminal's own."""

    bold: bool = False
    reverse: bool = False
    color: str = ""


class Run(NamedTuple):
    """Neighbouring characters of one style, from a column on."""

    column: int
    text: str
    style: Style


class Screen:
    """What a terminal shows: the few control codes that the prompts use, applied to a grid."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], tuple[str, Style]] = {}
        self._row = self._column = 0
        self._style = Style()
        self._rest = ""

    def feed(self, output: str) -> None:
        """Apply what a program wrote; a control code cut in two waits for its other half."""
        output = self._rest + output
        cut = _UNFINISHED.search(output)
        self._rest = cut[0] if cut else ""
        for code, command, character in _OUTPUT.findall(output[: cut.start() if cut else None]):
            if command == "m":
                self._style = _styled(self._style, code)
            elif command:
                self._control(command, int(code) if code.isdigit() else 0)
            else:
                self._put(character)

    def text(self) -> str:
        """Return all that is to be read, with single spaces."""
        lines = ("".join(run.text for run in line) for line in self.lines())
        return " ".join(" ".join(lines).split())

    def lines(self) -> Iterator[list[Run]]:
        """Yield each line from the first to the last that has something on it."""
        last = max((row for row, _ in self._cells), default=-1)
        for row in range(last + 1):
            width = max((column for line, column in self._cells if line == row), default=-1) + 1
            cells = [
                (column, *self._cells.get((row, column), (" ", Style()))) for column in range(width)
            ]
            yield [
                Run(same[0][0], "".join(character for _, character, _ in same), style)
                for style, group in groupby(cells, key=lambda cell: cell[2])
                for same in [list(group)]
            ]

    def _put(self, character: str) -> None:
        if character == "\r":
            self._column = 0
        elif character == "\n":
            self._row += 1
        elif character == "\b":
            self._column -= 1
        elif character.isprintable():
            self._cells[self._row, self._column] = character, self._style
            if unicodedata.east_asian_width(character) in "WF":
                self._cells[self._row, self._column + 1] = "", self._style
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


def _styled(style: Style, code: str) -> Style:
    """Return a style after a control code; backgrounds are left out."""
    for ground, *color in _TRUE_COLOR.findall(code):
        if ground == "3":
            style = style._replace(color="#{:02x}{:02x}{:02x}".format(*map(int, color)))
    for part in _TRUE_COLOR.sub("", code).split(";"):
        if part in {"", "0"} and not _TRUE_COLOR.search(code):
            style = Style()
        elif part == "1":
            style = style._replace(bold=True)
        elif part == "7":
            style = style._replace(reverse=True)
    return style


class Terminal:
    """A program in a pseudo-terminal."""

    def __init__(
        self,
        command: Sequence[str | Path],
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start the program."""
        self.screen = Screen()
        program, *arguments = map(str, command)
        self._process = pexpect.spawn(
            program,
            arguments,
            cwd=folder,
            env={
                **os.environ,
                "TERM": "xterm",
                "PROMPT_TOOLKIT_NO_CPR": "1",
                **(environment or {}),
            },
            dimensions=(LINES, COLUMNS),
            encoding="utf-8",
            timeout=PATIENCE_SECONDS,
        )

    def sees(self, *texts: str) -> None:
        """Wait until every text is on the screen."""
        until = time.monotonic() + PATIENCE_SECONDS
        while missing := [text for text in texts if text not in self.screen.text()]:
            assert time.monotonic() < until, f"{missing} not in:\n{self.screen.text()}"
            try:
                self.screen.feed(self._process.read_nonblocking(65536, timeout=1))
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                pytest.fail(f"ended without {missing}:\n{self.screen.text()}")

    def types(self, *keys: str) -> None:
        """Press keys."""
        for key in keys:
            self._process.send(key)

    def ends(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and all that is on the screen."""
        try:
            self._process.expect(pexpect.EOF)
        except pexpect.TIMEOUT:
            self.screen.feed(self._process.before or "")
            pytest.fail(f"still asks:\n{self.screen.text()}")
        self.screen.feed(self._process.before or "")
        self._process.close()
        return self._process.exitstatus or 0, self.screen.text()

    def close(self) -> None:
        """End the process if a test gave up on it."""
        self._process.close(force=True)
