"""Every release's stores, edited by their teams, take the working tree and lose nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from copier import run_copy
from pathspec import GitIgnoreSpec
from support.checkout import WORKING_TREE_TAG, Generate, git
from support.copier_cli import content, copier
from support.edits import STARTER, Edit, apply, edits_for
from support.history import RECORDED
from support.stores import (
    EXAMPLES_LEFT,
    STORES,
    UNREAD,
    answers_of,
    commit,
    findings_and_by_hand,
    settings_for_updates,
    start,
    without_texts,
)
from tools.checks.code import RENAMED
from tools.checks.monitoring import STARTS_SENTRY

BY_HAND = {
    "v0.1.0": [
        "storefront/src/lib/env.ts: VERCEL_ENV: is called NEXT_PUBLIC_VERCEL_ENV in env.yml now",
        *UNREAD,
        "env.yml: SENTRY_DSN: is not read by the code of api",
        "env.yml: SENTRY_TRACES_SAMPLE_RATE: is not read by the code of api",
        "storefront/package.json: dependencies: @sentry/nextjs is missing, so errors of the "
        "storefront are not reported",
    ],
    **dict.fromkeys(("v0.2.0", "v0.3.0", "v0.3.1", "v0.4.0"), UNREAD),
}
"""What `make check` leaves to a team whose starter is of that release: no update touches it."""

LIMIT_LEFT = "monitoring/own.yml: checkout-slow: no monitor of Sentry has a requests_min"
"""What is left of a team that uses the example there, as the releases up to v0.5.0 have it."""

COVERING = ("everything on", "everything off")
Fresh = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def fresh(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """Return a function from a store's name and country to a copy of the working tree.

    Nobody may edit it.
    """

    @cache
    def fresh(name: str, country: str) -> Path:
        store = tmp_path_factory.mktemp("fresh") / "store"
        copy(history, WORKING_TREE_TAG, name, store, country=country)
        return store

    return fresh


def copy(template: Path, tag: str, name: str, store: Path, **answers: str) -> None:
    run_copy(
        str(template), store, data={**STORES[name], **answers}, vcs_ref=tag,
        defaults=True, quiet=True, unsafe=True,
    )  # fmt: skip


def tags_and_stores() -> Iterator[tuple[str, str]]:
    """Combine the oldest and the newest two releases with every store, others with two.

    So the time does not grow with each release by six updates. The two stores have between them
    each option on and off.
    """
    oldest, *between = RECORDED
    for tag in RECORDED:
        for name in STORES if tag in {oldest, *between[-2:]} else COVERING:
            yield tag, name


@pytest.mark.parametrize(("tag", "name"), [*tags_and_stores()])
def test_an_edited_store_takes_the_working_tree(
    tag: str, name: str, history: Path, fresh: Fresh, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    copy(history, tag, name, store)
    start(store)
    edits = edits_for(store)
    apply(store, edits)
    commit(store, "Make it ours")
    before, answers = content(store), answers_of(store)

    outcome = copier("update", "--trust", "--defaults", cwd=store)

    assert outcome.code == 0, outcome.text
    assert_no_conflict(store)
    recorded = answers_of(store)
    assert recorded["_commit"] == WORKING_TREE_TAG
    assert {key: recorded[key] for key in answers} == answers | {"_commit": WORKING_TREE_TAG}
    # No release up to v0.6.0 asked for it.
    country = answers.get("country", "")
    assert recorded["country"] == country
    renewed = edited(fresh(name, country), edits, tmp_path / "fresh")
    after, expected = content(store), content(renewed)
    if tag == "v0.1.0":
        # Its storefront has no Sentry, which these two import.
        expected = {path: each for path, each in expected.items() if path not in STARTS_SENTRY}
    of_the_store = store_owned(recorded)
    assert {path: after.get(path) for path in before if of_the_store(path)} == {
        path: file for path, file in before.items() if of_the_store(path)
    }
    assert {path: file for path, file in after.items() if not of_the_store(path)} == {
        path: file for path, file in expected.items() if not of_the_store(path)
    }
    by_hand = BY_HAND.get(tag, []) if recorded["include_starter"] else []
    has_limit = "requests_min" in (store / "monitoring/own.yml").read_text()
    alerts = [LIMIT_LEFT] if has_limit else []
    examples = [] if "repository" in STORES[name] else EXAMPLES_LEFT
    findings, left = findings_and_by_hand(store)
    assert (findings, without_texts(store, left)) == ([], by_hand + alerts + examples)


@pytest.mark.parametrize("tag", RECORDED)
def test_code_may_still_read_what_a_release_declared(
    tag: str, history: Path, generate: Generate, tmp_path: Path
) -> None:
    run_copy(
        str(history), tmp_path / "store", data={"enable_logrocket": True}, vcs_ref=tag,
        defaults=True, quiet=True, unsafe=True,
    )  # fmt: skip
    before, now = (
        yaml.safe_load((store / "env.yml").read_text())["variables"].keys()
        for store in (tmp_path / "store", generate(enable_logrocket=True))
    )

    assert before - now <= RENAMED.keys()
    assert {RENAMED[name] for name in before - now} <= now


def edited(rendered: Path, edits: tuple[Edit, ...], copied: Path) -> Path:
    """Make those of a team's edits that are in the template's files in a copy of a store."""
    shutil.copytree(rendered, copied, symlinks=True)
    apply(copied, [edit for edit in edits if edit not in STARTER])
    return copied


def assert_no_conflict(store: Path) -> None:
    """Expect none of the ways in which Copier leaves a conflict behind; it ends with 0 anyway."""
    assert git("ls-files", "--unmerged", cwd=store) == ""
    assert not list(store.rglob("*.rej"))
    texts = (path for path in store.rglob("*") if path.is_file() and ".git" not in path.parts)
    assert [path for path in texts if b"<<<<<<< before updating" in path.read_bytes()] == []


def store_owned(answers: dict[str, Any]) -> Callable[[str], bool]:
    """Match the paths that an update leaves alone."""
    settings = settings_for_updates(answers)
    patterns = [line for lines in settings.values() for line in lines]
    return GitIgnoreSpec.from_lines(patterns).match_file
