"""A person at a terminal: the questions, the refusals and the way out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from support.terminal import CLEAR, DOWN, ENTER, INTERRUPT, UP, Terminal


@pytest.fixture
def start() -> Iterator[Callable[..., Terminal]]:
    """Return a function that starts Copier in a terminal, and leave none behind."""
    started: list[Terminal] = []

    def start(*arguments: str | Path) -> Terminal:
        copier = [sys.executable, "-m", "copier", "copy", "--trust"]
        started.append(Terminal([*copier, *arguments]))
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

    terminal.sees("Which country does it sell from?", "SG")
    terminal.types(ENTER)

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
        "country": "SG",
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
