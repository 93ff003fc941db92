"""The pictures of text in the documentation are what the program shows today.

`make pictures` writes them. The picture of the shop is compared in tests/running.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.checkout import Generate
from support.pictures import FOLDER, terminal, tree
from support.terminal import CLEAR, ENTER, Terminal

Compare = Callable[[str, str], None]


@pytest.fixture
def compare(pytestconfig: pytest.Config) -> Compare:
    """Return a function that compares a picture with the stored one, or writes it."""

    def compare(name: str, picture: str) -> None:
        stored = FOLDER / name
        if pytestconfig.getoption("--write-pictures"):
            stored.write_text(picture, encoding="utf-8")
        assert stored.read_text(encoding="utf-8") == picture, f"{name} is old: make pictures"

    return compare


def test_the_questions_are_as_in_the_picture(template: Path, compare: Compare) -> None:
    command = [sys.executable, "-m", "luma", "new", "../my-store"]
    asked = Terminal(command, template, {"PROMPT_TOOLKIT_COLOR_DEPTH": "DEPTH_24_BIT"})
    try:
        asked.sees("What is the store called?")
        asked.types(CLEAR, "Blue Lamp", ENTER)
        asked.sees("Its machine name")
        asked.types(ENTER)
        asked.sees("GitHub repository")
        asked.types(CLEAR, "blue-lamp/store", ENTER)
        asked.sees("Where does the data live?")
        asked.types(ENTER)
        asked.sees("Which country does it sell from?")
        asked.types(ENTER)
        asked.sees("How large does it start?", "scale: about")
        compare("questions.svg", terminal("python3 -m luma new ../my-store", asked.screen.lines()))
    finally:
        asked.close()


def test_a_stores_files_are_as_in_the_picture(
    generate: Generate, tmp_path: Path, compare: Compare
) -> None:
    store = tmp_path / "my-store"
    shutil.copytree(generate(), store, symlinks=True)
    compare("tree.svg", terminal("what it generates", tree(store)))
