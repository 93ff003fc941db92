"""What an option adds goes away with it, and an update without news changes nothing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.checkout import Generate, git
from support.copier_cli import content, copier
from support.edits import apply, edits_for
from support.stores import ANSWERS_FILE, STORES, commit, findings, start

TOGGLES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "enable_logrocket": ({"enable_logrocket": True}, {"enable_logrocket": False}, "logrocket|lr-"),
    "customize_plans": (
        {"customize_plans": True, "api_plan": "1c-2g", "enable_logrocket": True},
        {"customize_plans": False, "enable_logrocket": False},
        "1c-2g|_plan:|logrocket",
    ),
    "domain": ({"domain": "lamps.example.org"}, {"domain": ""}, "lamps"),
    "store_name": ({"store_name": "Käthe's Lamps"}, {"store_name": "Luma Store"}, "lamps"),
    "repository": ({"repository": "lamps/shop"}, {"repository": "luma/store"}, "lamps"),
    "alert_email": ({"alert_email": "ida@lamps.example"}, {"alert_email": "a@b.example"}, "lamps"),
}
"""Answers that switch an option on and off, and what may not be read in a store without it."""

ALIKE = {"store_slug": "luma-store", "alert_email": "ida@example.com"}
"""What a new store would take from the other answers, and a store that is there keeps."""


def edited_store(rendered: Path, store: Path) -> Path:
    """Return a store with its team's edits, committed."""
    shutil.copytree(rendered, store, symlinks=True)
    start(store)
    apply(store, edits_for(store))
    commit(store, "Make it ours")
    return store


def update(store: Path, **answers: Any) -> None:
    data = [f"--data={name}={value}" for name, value in answers.items()]
    outcome = copier("update", "--trust", "--defaults", *data, cwd=store)
    assert outcome.code == 0, outcome.text
    assert git("ls-files", "--unmerged", cwd=store) == ""


@pytest.mark.parametrize("name", STORES)
def test_an_update_to_the_same_release_changes_nothing(
    name: str, generate: Generate, tmp_path: Path
) -> None:
    store = edited_store(generate(**STORES[name]), tmp_path / "store")
    assert findings(store) == []

    update(store)

    assert git("status", "--porcelain", "--ignored", cwd=store) == ""


@pytest.mark.parametrize("name", TOGGLES)
def test_an_option_goes_without_a_trace_and_comes_back_in_the_same_bytes(
    name: str, generate: Generate, tmp_path: Path
) -> None:
    on, off, trace = TOGGLES[name]
    store = edited_store(generate(**ALIKE | on), tmp_path / "on")
    with_it = content(store)
    without = content(edited_store(generate(**ALIKE | off), tmp_path / "off"))
    assert trace_of(trace, store)

    update(store, **off)

    assert content(store) == without
    assert trace_of(trace, store) == []
    commit(store, f"Without {name}")
    update(store, **on)
    assert content(store) == with_it


def trace_of(word: str, store: Path) -> list[str]:
    """Return the lines in which a word stands, in any case; an answer may name what is off."""
    return [
        f"{path}: {line}"
        for path in content(store)
        if path != ANSWERS_FILE and not path.endswith(".webp")
        for line in (store / path).read_text(encoding="utf-8").splitlines()
        if re.search(word, line, re.IGNORECASE)
    ]
