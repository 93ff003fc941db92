"""What a store team may rely on when it takes the template's next release."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from copier import run_copy, run_update
from support.checkout import WORKING_TREE_TAG, Generate, git
from support.copier_cli import Outcome, content, copier
from support.stores import ANSWERS_FILE, commit, start

MOVE_RUNBOOK = "monitoring/runbooks/move-region-or-rename.md"


def team_store(rendered: Path, store: Path) -> Path:
    """Put a generated store under version control, as its team does."""
    shutil.copytree(rendered, store, symlinks=True)
    start(store)
    return store


def update(store: Path, *arguments: str) -> Outcome:
    """Take the newest release without being asked anything."""
    return copier("update", "--trust", "--defaults", *arguments, cwd=store)


def assert_refused_untouched(store: Path, outcome: Outcome, before: object, *says: str) -> None:
    """Expect a sentence and a store as it was."""
    assert outcome.code == 1, outcome.text
    assert "Traceback" not in outcome.text
    for words in says:
        assert words in outcome.text
    assert git("status", "--porcelain", "--ignored", cwd=store) == ""
    assert content(store) == before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("region=ohio", "region cannot change from frankfurt to ohio"),
        ("store_slug=red-lamp", "store_slug cannot change from luma-store to red-lamp"),
    ],
)
def test_an_update_cannot_move_or_rename_a_store(
    change: str, says: str, generate: Generate, tmp_path: Path
) -> None:
    store = team_store(generate(), tmp_path / "store")
    before = content(store)

    outcome = update(store, "--data", change)

    assert_refused_untouched(store, outcome, before, says, f"Follow {MOVE_RUNBOOK}")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("tier=launch", "Key Value from 1g to 256mb and the database's disk from 50 to 15 GB"),
        ("include_starter=no", "include_starter cannot change from True to no"),
    ],
)
def test_an_update_cannot_take_back_what_only_grows_or_counts_once(
    change: str, says: str, generate: Generate, tmp_path: Path
) -> None:
    store = team_store(generate(tier="growth"), tmp_path / "store")
    before = content(store)

    outcome = update(store, "--data", change)

    assert_refused_untouched(store, outcome, before, says)


def test_a_store_moves_up_to_the_next_tier(generate: Generate, tmp_path: Path) -> None:
    store = team_store(generate(tier="demo"), tmp_path / "store")

    outcome = update(store, "--data", "tier=growth")

    assert outcome.code == 0, outcome.text
    fresh = content(generate(tier="growth"))
    assert {path: fresh[path] for path in fresh if path != ANSWERS_FILE} == {
        path: digest for path, digest in content(store).items() if path != ANSWERS_FILE
    }


def test_an_update_may_repeat_the_region_and_slug_that_a_store_has(
    generate: Generate, tmp_path: Path
) -> None:
    store = team_store(generate(), tmp_path / "store")

    outcome = update(store, "--data", "region=frankfurt", "--data", "store_slug=luma-store")

    assert outcome.code == 0, outcome.text


def test_a_renamed_shop_keeps_its_slug(generate: Generate, tmp_path: Path) -> None:
    """The slug's suggestion follows the name; a recorded slug does not."""
    store = team_store(generate(), tmp_path / "store")

    outcome = update(store, "--data", "store_name=Red Lamp")

    assert outcome.code == 0, outcome.text
    answers = yaml.safe_load((store / ANSWERS_FILE).read_text())
    assert (answers["store_name"], answers["store_slug"]) == ("Red Lamp", "luma-store")


@pytest.mark.parametrize(
    ("before", "after"),
    [("alerts@example.com", "alerts@shop.example.com"), ("ida@example.com", "ida@example.com")],
    ids=["the example", "an address of theirs"],
)
def test_a_domain_that_is_set_later_replaces_the_example_of_an_address_alone(
    before: str, after: str, generate: Generate, tmp_path: Path
) -> None:
    store = team_store(generate(alert_email=before), tmp_path / "store")

    outcome = update(store, "--data", "domain=shop.example.com")

    assert outcome.code == 0, outcome.text
    assert yaml.safe_load((store / ANSWERS_FILE).read_text())["alert_email"] == after
    assert after in (store / "monitoring/alerts.yml").read_text()


def test_the_country_decides_the_currency_also_later_and_a_store_without_one_keeps_euros(
    generate: Generate, tmp_path: Path
) -> None:
    """A store of a release that did not ask records an empty answer, as each of them shows."""
    store = team_store(generate(region="ohio"), tmp_path / "store")
    earlier = team_store(generate(region="ohio", country=""), tmp_path / "earlier")

    outcome = update(store, "--data", "country=SE")
    unchanged = update(earlier, "--data", "tier=growth")

    assert (outcome.code, unchanged.code) == (0, 0), outcome.text + unchanged.text
    read = [
        json.loads((place / "vercel/store.json").read_text())
        for place in (generate(region="ohio"), store, earlier)
    ]
    assert [(each["country"], each["currency"]) for each in read] == [
        ("US", "USD"),
        ("SE", "SEK"),
        ("", "EUR"),
    ]


def test_an_update_keeps_every_answer_for_whoever_calls_copier_from_python(
    copie: Any, template: Path
) -> None:
    """Through pytest-copie, which calls Copier as a library and trusts every template."""
    given = {"tier": "scale", "customize_plans": True, "enable_logrocket": True}
    copied = copie.copy(given, template_dir=template, vcs_ref=WORKING_TREE_TAG)
    assert copied.exception is None
    start(copied.project_dir)

    updated = copie.update(copied, vcs_ref=WORKING_TREE_TAG)

    assert updated.exception is None
    assert updated.answers == copied.answers


def test_a_recorded_plan_that_the_new_tier_refuses_is_told_and_not_replaced(
    generate: Generate, tmp_path: Path
) -> None:
    store = team_store(generate(tier="demo", customize_plans=True), tmp_path / "store")
    before = content(store)

    outcome = update(store, "--data", "tier=launch")

    assert_refused_untouched(
        store, outcome, before, "Hobby plan forbids", "choose vercel_plan from pro"
    )


def test_logrocket_is_switched_off_although_its_plan_was_recorded(
    generate: Generate, tmp_path: Path
) -> None:
    store = team_store(generate(customize_plans=True, enable_logrocket=True), tmp_path / "store")

    outcome = update(store, "--data", "enable_logrocket=false")

    assert outcome.code == 0, outcome.text
    answers = yaml.safe_load((store / ANSWERS_FILE).read_text())
    assert answers["enable_logrocket"] is False
    assert "logrocket_plan" not in answers


@dataclass(frozen=True)
class Releases:
    """A template with three releases: the second alone has the working tree's decisions."""

    template: Path
    words: dict[str, str]


@pytest.fixture
def releases(template: Path, tmp_path: Path) -> Releases:
    """Return releases that print one price each, from their own catalogue and words."""
    repository = tmp_path / "template"
    git("clone", "-q", str(template), "template", cwd=tmp_path)
    git("tag", "-d", WORKING_TREE_TAG, cwd=repository)
    (repository / "template" / "price.txt.jinja").write_text("{{ store.cost.label }}\n")
    catalog = repository / "extensions" / "catalog" / "vercel.yml"
    words = repository / "extensions" / "decisions" / "catalog.py"
    now = catalog.read_text(), words.read_text()

    def release(tag: str, *, changed: bool) -> None:
        catalog.write_text(now[0].replace("monthly: 20,", "monthly: 90020,") if changed else now[0])
        words.write_text(now[1].replace("/month", "/moon") if changed else now[1])
        (repository / "template" / "release.txt").write_text(f"{tag}\n")
        commit(repository, tag, tag)

    release("v1.0.0", changed=True)
    release("v2.0.0", changed=False)
    release("v3.0.0", changed=True)
    return Releases(repository, {"v1.0.0": "/moon", "v2.0.0": "/month", "v3.0.0": "/moon"})


def test_two_releases_in_one_process_keep_their_own_catalogue_and_code(
    releases: Releases, tmp_path: Path
) -> None:
    """Copier renders the old and the new release in one process, each twice over.

    Had either seen the other's price, the update would take the old price for the team's edit
    and keep it, or leave a conflict.
    """
    store = tmp_path / "store"
    run_copy(
        str(releases.template), store, vcs_ref="v1.0.0", defaults=True, quiet=True, unsafe=True
    )
    start(store)
    first = (store / "price.txt").read_text()
    prices = [first]
    for tag in ("v2.0.0", "v3.0.0"):
        run_update(store, vcs_ref=tag, defaults=True, overwrite=True, quiet=True, unsafe=True)
        assert (store / "release.txt").read_text() == f"{tag}\n"
        assert not list(store.rglob("*.rej"))
        commit(store, tag)
        prices.append((store / "price.txt").read_text())

    assert "$90," in first
    assert first.endswith("/moon\n")
    assert "$90," not in prices[1]
    assert prices[1].endswith("/month\n")
    assert prices[2] == first


def test_each_release_has_modules_of_its_own(releases: Releases, tmp_path: Path) -> None:
    for tag in releases.words:
        run_copy(
            str(releases.template), tmp_path / tag, vcs_ref=tag, defaults=True, quiet=True,
            unsafe=True,
        )  # fmt: skip

    monthly = {
        name: loaded.load_catalog().plans["vercel_plan"]["pro"].monthly
        for name, loaded in decision_packages().items()
    }
    assert set(monthly.values()) == {20, 90020}
    for name in monthly:
        parts = {part for part in sys.modules if part.startswith(f"{name}.")}
        assert f"{name}.catalog" in parts
        for part in parts:
            release = Path(sys.modules[name].__file__ or "").parents[2]
            assert Path(sys.modules[part].__file__ or "").is_relative_to(release)


def decision_packages() -> dict[str, ModuleType]:
    """Return the releases' decisions that this process has loaded, by module name."""
    return {
        name: module
        for name, module in sys.modules.items()
        if name.startswith("luma_decisions_") and "." not in name
    }
