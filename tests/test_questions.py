"""The questionnaire as people and data files meet it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from decisions.questions import QUESTIONS
from support.checkout import ROOT, Generate

CONFIG: dict[str, Any] = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))
ASKED = {key: value for key, value in CONFIG.items() if not key.startswith("_")}
KNOWN_FIELDS = {"type", "help", "choices", "default", "validator", "when", "ask"}
NEVER_ASKED = re.compile(r"secret|password|token|dsn|api_key", re.I)


def test_the_questions_are_the_ones_that_answers_are_checked_against() -> None:
    assert ASKED.keys() == QUESTIONS


def test_every_question_says_what_it_changes_and_whether_that_is_for_ever() -> None:
    for key, question in ASKED.items():
        assert re.search(r"later|once", question["help"]), key
        lines = question["help"].splitlines()
        assert len(lines) == 2, key
        assert max(map(len, lines)) < 78, "a terminal of 80 columns cuts it"


def test_no_field_of_a_question_is_misspelt() -> None:
    """Copier ignores a field that it doesn't know."""
    for key, question in ASKED.items():
        assert question.keys() <= KNOWN_FIELDS, key


def test_no_question_asks_for_a_secret() -> None:
    assert [key for key in ASKED if NEVER_ASKED.search(key)] == []


def test_the_template_runs_nothing_and_trusts_one_feature_only() -> None:
    unsafe = {"_tasks", "_external_data"} & CONFIG.keys()
    assert unsafe == set()
    assert CONFIG["_jinja_extensions"] == [
        "copier_template_extensions.TemplateExtensionLoader",
        "extensions/extension.py:StoreExtension",
    ]


def test_the_documentation_lists_every_question_in_the_order_asked() -> None:
    table = (ROOT / "docs/questions.md").read_text(encoding="utf-8").partition("## What")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(ASKED)


def test_a_store_records_its_answers_and_no_hidden_ones(generate: Generate) -> None:
    recorded = yaml.safe_load((generate() / ".copier-answers.yml").read_text())
    answers = {key for key in recorded if not key.startswith("_")}
    assert answers == {key for key in ASKED if not key.endswith("_plan")}


@pytest.mark.parametrize("path", sorted((ROOT / "template").rglob("*")), ids=lambda path: path.name)
def test_no_path_of_the_template_breaks_on_another_system(path: Any) -> None:
    relative = path.relative_to(ROOT / "template").as_posix()
    if relative != "{{ _copier_conf.answers_file }}.jinja":
        assert not set('"<>:|?*\\{}') & set(relative)
    assert len(relative) < 140
