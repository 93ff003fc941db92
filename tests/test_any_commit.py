"""A store generated from any commit of the template, tagged or not, takes what comes after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from copier import run_copy
from support.checkout import WORKING_TREE_TAG, git
from support.copier_cli import content, copier
from support.later import NEXT, change, edit, publish, updates
from support.stores import ANSWERS_FILE, STORES, answers_of, commit, findings, start

README = "You need Python 3.11 or later"
Template = Callable[[str], Path]


def untagged(template: Path) -> None:
    for tag in git("tag", cwd=template).split():
        git("tag", "-d", tag, cwd=template)


def tagged(_template: Path) -> None:
    pass


def after_a_tag(template: Path) -> None:
    (template / "template" / "between.txt").write_text("between releases\n")
    commit(template, "Add a file")


MOMENTS = {"untagged": untagged, "tagged": tagged, "after a tag": after_a_tag}
"""The states of the template's repository in which a store is generated from its HEAD."""


@pytest.fixture
def template(history: Path, tmp_path: Path) -> Template:
    """Return a function from a moment to a template that may be written to, in that state."""

    def template(moment: str) -> Path:
        folder = tmp_path / "template"
        git("clone", "-q", str(history), str(folder), cwd=history)
        MOMENTS[moment](folder)
        return folder

    return template


def copy(template: Path, store: Path, answers: dict[str, Any], at: str = "HEAD") -> Path:
    run_copy(str(template), store, data=answers, vcs_ref=at, defaults=True, quiet=True, unsafe=True)
    return store


def move_on(template: Path, tag: str) -> None:
    """Make two commits, the second one a release where a tag is given."""
    change(template, "template/README.md.jinja", README, "You need Python 3.12 or later")
    commit(template, "Raise Python")
    (template / "template" / "later.txt").write_text("later\n")
    if tag:
        publish(template, tag, "### Changed\n\n- Python 3.12.")
    else:
        commit(template, "Add a file")


@dataclass(frozen=True)
class Case:
    """A store from a moment, and what its template offers then: a release, or HEAD alone."""

    moment: str
    answers: str
    tag: str = ""
    to: str = ""


CASES = {
    "untagged": Case("untagged", "everything on"),
    "tagged": Case("tagged", "custom plans", NEXT),
    "after a tag": Case("after a tag", "everything off", NEXT),
    "after a tag, to HEAD": Case("after a tag", "defaults", to="HEAD"),
}
"""One set of answers for each, because the moment changes only the answers file."""


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_both_ways_of_updating_equal_a_fresh_copy(
    case: Case, template: Template, tmp_path: Path
) -> None:
    source, given = template(case.moment), STORES[case.answers]
    store = copy(source, tmp_path / "store", given)
    start(store)
    assert findings(store) == []
    git("clone", "-q", str(store), str(tmp_path / "by make"), cwd=tmp_path)
    by_make = tmp_path / "by make"
    move_on(source, case.tag)
    fresh = content(copy(source, tmp_path / "fresh", given, case.tag or "HEAD"))

    plain = copier(
        "update", "--trust", "--defaults", *(["--vcs-ref", case.to] if case.to else []), cwd=store
    )
    made = updates(by_make, "update", "--no-check", *(["--to", case.to] if case.to else []))

    assert plain.code == 0, plain.text
    assert content(store) == fresh
    assert made.code == 0, made.err
    assert content(by_make) == fresh
    assert findings(by_make) == []


def test_the_moment_leaves_its_trace_in_the_answers_file_only(
    template: Template, tmp_path: Path
) -> None:
    """So that what `make check` and `make test` say of one store holds for the others."""
    source = template("tagged")
    at_a_release = content(copy(source, tmp_path / "tagged", {}))
    untagged(source)
    from_a_commit = content(copy(source, tmp_path / "untagged", {}))

    different = {path for path in at_a_release if at_a_release[path] != from_a_commit.get(path)}
    assert different == {ANSWERS_FILE}
    assert at_a_release.keys() == from_a_commit.keys()


@pytest.fixture
def between(template: Template, tmp_path: Path) -> Path:
    """Return a store from a commit after the newest release, whose template has moved on."""
    source = template("after a tag")
    store = copy(source, tmp_path / "store", {})
    start(store)
    move_on(source, "")
    return store


def test_no_release_holds_the_commit_yet_and_that_is_no_error(between: Path) -> None:
    before = content(between)

    done = updates(between, "update")

    assert (done.code, content(between)) == (0, before)
    recorded = answers_of(between)["_commit"]
    assert f"No release of the template contains {recorded} yet." in done.out
    assert 'make update ARGS="--to HEAD"' in done.out
    assert "You are downgrading" in copier("update", "--trust", "--defaults", cwd=between).text


def test_an_older_release_would_take_something_back(between: Path) -> None:
    before = content(between)

    done = updates(between, "update", "--to", WORKING_TREE_TAG)

    assert (done.code, content(between)) == (1, before)
    assert f"{WORKING_TREE_TAG} does not contain" in done.err


def test_an_answer_is_changed_at_a_commit_between_releases(between: Path) -> None:
    recorded = answers_of(between)

    done = updates(between, "update", "--no-check", "--data", "store_name=Red Lamp")

    assert done.code == 0, done.err
    assert answers_of(between) == recorded | {"store_name": "Red Lamp"}


def test_a_commit_between_releases_is_one_calm_line_of_doctor(between: Path) -> None:
    found = updates(between, "doctor", "--json").json

    assert (found["edited"], found["diverged"]) == ([], [])
    assert found["problems"] == [
        f".copier-answers.yml: _src_path {answers_of(between)['_src_path']} is a path on one "
        "machine; other machines need an https:// address"
    ]
    recorded = answers_of(between)["_commit"]
    assert updates(between, "doctor").out.startswith(
        f"This store is at {recorded}, between releases; there is nothing newer.\n"
    )


def test_a_template_without_releases_counts_commits(template: Template, tmp_path: Path) -> None:
    source = template("untagged")
    store = copy(source, tmp_path / "store", {})
    start(store)
    move_on(source, "")

    found = updates(store, "doctor", "--json").json

    assert found["behind"] == 2
    assert found["newest"] == git("describe", "--always", cwd=source).strip()
    assert "is 2 commits ahead." in updates(store, "doctor").out


def test_a_branch_that_is_not_merged_yet_is_told(template: Template, tmp_path: Path) -> None:
    source = template("untagged")
    git("switch", "-q", "-c", "feature", cwd=source)
    (source / "template" / "tried.txt").touch()
    commit(source, "Try something")
    store = copy(source, tmp_path / "store", {})
    start(store)
    git("switch", "-q", "main", cwd=source)

    done = updates(store, "update")

    recorded = answers_of(store)["_commit"]
    assert done.code == 0
    assert f"default branch does not contain {recorded}. Updates continue once" in done.out
    refused = updates(store, "update", "--to", "HEAD")
    assert refused.code == 1
    assert f"HEAD does not contain {recorded}" in refused.err


def test_a_commit_that_the_template_lost_is_told(template: Template, tmp_path: Path) -> None:
    source = template("untagged")
    store = copy(source, tmp_path / "store", {})
    start(store)
    edit(store, ANSWERS_FILE, f"_commit: {answers_of(store)['_commit']}", "_commit: 0123abc")

    done = updates(store, "update")

    assert done.code == 1
    assert "has no commit 0123abc, which this store was generated from" in done.err
