"""What a release leaves to be done by hand is listed until the store has done it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.checkout import ROOT, Generate
from support.stores import start

from luma.steps import left, search
from luma.store import Store, find
from luma.versions import CHANGELOG, by_hand, is_release, sections, version

WITHOUT_SEARCHES = "v0.4.0"
"""The last release whose steps do not say how to tell that they are done."""


def steps() -> list[str]:
    texts = sections((ROOT / CHANGELOG).read_text())
    later = [
        text
        for release, text in texts.items()
        if not is_release(release) or version(release) > version(WITHOUT_SEARCHES)
    ]
    return list(by_hand(later))


def store_with(generate: Generate, folder: Path, **answers: object) -> Store:
    store = Path(shutil.copytree(generate(**answers), folder / "store"))
    start(store)
    return find(store)


@pytest.mark.parametrize("replay", [True, False])
def test_a_fresh_store_has_done_every_step(
    generate: Generate, tmp_path: Path, replay: bool
) -> None:
    assert [step for step in steps() if search(step) is None] == []
    assert list(left(store_with(generate, tmp_path, enable_logrocket=replay), steps())) == []


def test_steps_in_the_starter_concern_nobody_without_it(generate: Generate, tmp_path: Path) -> None:
    store = store_with(generate, tmp_path, include_starter=False)
    in_its_rooms = "Drop it. It is done when `git grep neverOn -- monitoring` finds nothing."

    assert list(left(store, steps())) == []
    (store.root / "monitoring/own.json").write_text('{"neverOn": []}')
    assert in_its_rooms in left(store, [*steps(), in_its_rooms])


def test_a_step_without_a_search_is_always_left(generate: Generate, tmp_path: Path) -> None:
    assert list(left(store_with(generate, tmp_path), ["Tell the team."])) == ["Tell the team."]
