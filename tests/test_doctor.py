"""`make doctor` tells a store's own edits from what went wrong, and mends the latter."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.checkout import WORKING_TREE_TAG, git
from support.copier_cli import content
from support.later import CANDIDATE, NEXT, change, clone, edit, found_at, publish, store_of, updates
from support.stores import answers_of, commit

POLICY = "strict-origin-when-cross-origin"
ADDRESS = "https://example.com/acme/template.git"


@pytest.fixture(scope="module")
def template(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a template whose next release changes one line and leaves everything else."""
    repository = clone(history, tmp_path_factory.mktemp("later") / "template")
    change(repository, "template/vercel/vercel.json.jinja", POLICY, "no-referrer")
    publish(repository, NEXT, "### Changed\n\n- No referrer.")
    return repository


def test_a_store_as_generated_is_healthy(template: Path, store: Path) -> None:
    edit(store, ".copier-answers.yml", str(template), ADDRESS)
    before = content(store)

    found = updates(store, "doctor", environment=found_at(ADDRESS, template))

    assert found.code == 0, found.out + found.err
    assert f"is at {WORKING_TREE_TAG}; {NEXT} is 1 release ahead." in found.out
    assert "Nothing to do." not in found.out
    assert content(store) == before


def test_a_step_is_told_until_the_store_has_done_it(store: Path) -> None:
    npmrc = store / "storefront/.npmrc"
    settings = npmrc.read_text()
    npmrc.unlink()

    [told] = [
        line for line in updates(store, "doctor", "--json").json["by_hand"] if "npmrc" in line
    ]

    assert "Copy `.npmrc` from a fresh store" in told
    npmrc.write_text(settings)
    assert told not in updates(store, "doctor", "--json").json["by_hand"]


def test_a_store_is_told_how_far_behind_it_is(template: Path, store: Path, tmp_path: Path) -> None:
    further = clone(template, tmp_path / "further")
    publish(further, CANDIDATE, "")
    publish(further, "v10002.0.0", "")
    edit(store, ".copier-answers.yml", f"_src_path: {template}", f"_src_path: {further}")

    found = updates(store, "doctor", "--json").json

    assert (found["behind"], found["newest"]) == (2, "v10002.0.0")
    assert "v10002.0.0 is 2 releases ahead." in updates(store, "doctor").out
    assert updates(store, "update", "--no-check").code == 0
    commit(store, "Take the release")
    current = updates(store, "doctor", "--json").json
    assert (current["behind"], current["newest"]) == (0, "")


def test_edits_are_told_and_are_no_illness(store: Path) -> None:
    edit(store, "README.md", "You need Python", "You want Python")
    (store / "monitoring" / "slo.yml").unlink()
    commit(store, "We have no objectives")
    change(store, "Makefile", "Show this list", "Show what there is")
    change(store, "storefront/src/app/page.tsx", "import", "import")
    change(store, "own.mk", "#", "##")

    found = updates(store, "doctor", "--json").json

    assert found["edited"] == ["Makefile", "README.md", "monitoring/slo.yml"]
    assert found["diverged"] == []


def test_what_an_update_lost_is_told_apart_and_mended(store: Path) -> None:
    """A merge gone wrong: the update's own commit leaves a change of the template out."""
    before = (store / "vercel/vercel.json").read_bytes()
    assert updates(store, "update", "--no-check").code == 0
    after = (store / "vercel/vercel.json").read_bytes()
    (store / "vercel/vercel.json").write_bytes(before)
    (store / "render/serve.sh").chmod(0o644)
    (store / "monitoring/scrub.ts").unlink()
    commit(store, "Take the release")
    assert updates(store, "update", "--no-check").code == 0  # there is nothing newer to heal it

    found = updates(store, "doctor", "--json")

    assert found.code == 1
    assert found.json["edited"] == []
    assert found.json["diverged"] == [
        "monitoring/scrub.ts",
        "render/serve.sh",
        "vercel/vercel.json",
    ]
    for file in found.json["diverged"]:
        assert updates(store, "doctor", "--fix", file).code == 0
    assert (store / "vercel/vercel.json").read_bytes() == after
    assert updates(store, "doctor", "--json").json["diverged"] == []


def check_out_with_crlf(store: Path) -> None:
    """Check everything out again, as git for Windows is set up to."""
    git("config", "core.autocrlf", "true", cwd=store)
    git("rm", "-r", "-q", "--cached", ".", cwd=store)
    git("reset", "-q", "--hard", cwd=store)


def test_the_line_endings_of_a_checkout_are_no_edits(store: Path) -> None:
    (store / ".gitattributes").write_text("")  # as in stores that have none yet
    edit(store, "README.md", "You need Python", "You want Python")
    check_out_with_crlf(store)
    assert b"\r\n" in (store / "Makefile").read_bytes()
    change(store, "Makefile", "Show this list", "Show what there is")

    found = updates(store, "doctor", "--json").json

    assert found["edited"] == [".gitattributes", "Makefile", "README.md"]
    assert found["diverged"] == []
    assert not any("render.yaml" in problem for problem in found["problems"])


def test_a_checkout_has_the_line_endings_that_the_container_needs(store: Path) -> None:
    before = content(store)

    check_out_with_crlf(store)

    assert content(store) == before


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("storefront/src/app/page.tsx", "is not one of the template's files"),
        ("own.mk", "is not one of the template's files"),
        ("nothing.txt", "is not one of the template's files"),
        ("Makefile", "has changes that are not committed"),
    ],
)
def test_only_the_templates_files_are_mended(file: str, says: str, store: Path) -> None:
    change(store, "Makefile", "Show this list", "Show what there is")
    before = content(store)

    done = updates(store, "doctor", "--fix", file)

    assert (done.code, content(store)) == (1, before)
    assert says in done.err


def test_every_other_illness_is_named(store: Path) -> None:
    (store / "notes.md").write_text("a\n<<<<<<< ours\nb\n")
    (store / "env.yml.rej").write_text("")
    change(store, ".env.example", "LOG_LEVEL=info\n", "")

    found = updates(store, "doctor")

    assert found.code == 1
    for line in (
        "is a path on one machine; other machines need an https:// address",
        "notes.md: line 2: has a conflict marker",
        "env.yml.rej: whole file: apply its change to env.yml, then delete it",
        ".env.example: LOG_LEVEL: is missing; it is in env.yml",
    ):
        assert line in found.out


def test_a_fleet_with_old_stores_is_diagnosed_too(history: Path, tmp_path: Path) -> None:
    store = store_of(history, tmp_path / "store", "v0.1.0")
    edit(store, "README.md", "You need Python", "You want Python")

    found = updates(store, "doctor", "--json").json

    assert (found["release"], found["edited"], found["diverged"]) == ("v0.1.0", ["README.md"], [])


def test_a_shallow_clone_is_told_to_fetch_the_rest(store: Path, tmp_path: Path) -> None:
    edit(store, "README.md", "You need Python", "You want Python")
    shallow = tmp_path / "shallow"
    git("clone", "-q", "--depth", "1", store.as_uri(), str(shallow), cwd=tmp_path)

    found = updates(shallow, "doctor", "--json").json

    assert found["diverged"] == []
    assert any("git fetch --unshallow" in problem for problem in found["problems"])


def test_the_template_gone_is_told(store: Path) -> None:
    edit(
        store,
        ".copier-answers.yml",
        f"_src_path: {answers_of(store)['_src_path']}",
        "_src_path: /x",
    )

    found = updates(store, "doctor")

    assert found.code == 1
    assert "The template at /x cannot be reached" in found.out
