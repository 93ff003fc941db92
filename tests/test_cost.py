"""`make cost` agrees with the README, the catalogue and what an update would bring or refuse."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.checkout import ROOT, WORKING_TREE_TAG, Generate
from support.copier_cli import content
from support.later import Result, change, updates
from support.stores import ANSWERS_FILE, start

LAUNCH: dict[str, Any] = {"include_starter": False}
GROWTH: dict[str, Any] = {**LAUNCH, "tier": "growth"}
SCALE: dict[str, Any] = {**LAUNCH, "tier": "scale", "enable_logrocket": True}
CUSTOM: dict[str, Any] = {**LAUNCH, "customize_plans": True, "api_plan": "1c-2g"}
TOTAL = "Total"
MOST = "Total with every API instance"
OWN_PLANS = "This store has chosen its plans, and a tier does not change them."
Rows = dict[str, list[str]]


def cost(store: Path, *words: str) -> Result:
    """Run the command on a store, which stays as it is."""
    before = content(store)
    done = updates(store, "cost", *words)
    assert content(store) == before
    return done


def rows(done: Result) -> Rows:
    """Return the cells of each line of the printed table, by what they are about."""
    assert (done.code, done.err) == (0, "")
    _, table, *_ = done.out.split("\n\n")
    cells = [re.split(r"\s{2,}", line.strip()) for line in table.splitlines()[1:]]
    return {
        row[0]: row[1:] for row in (row if row[0] in {TOTAL, MOST} else row[1:] for row in cells)
    }


def readme(store: Path) -> Rows:
    """Return the same of the README's table."""
    _, _, section = (store / "README.md").read_text().partition("\n## What it costs\n")
    table = section.partition("\n## ")[0].replace(" \\*", "*").replace("**", "")
    lines = re.findall(r"^\| (?!Vendor|-)[^|]*\| (.+) \|$", table, re.MULTILINE)
    found = {row[0]: row[1:] for row in (re.split(r" *\| *", line) for line in lines)}
    found[TOTAL] = found[TOTAL][-1:]
    if most := re.search(r"for the whole month, it is (\$[\d,.]+\d)", section):
        found[MOST] = [most[1]]
    return found


def catalogue(file: str) -> Any:
    return yaml.safe_load((ROOT / f"extensions/catalog/{file}.yml").read_text())


def dollars(amount: float) -> str:
    return f"${amount:,.2f}"


@pytest.fixture(scope="module")
def launch(generate: Generate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a committed store of the suggested answers."""
    store = tmp_path_factory.mktemp("cost") / "store"
    shutil.copytree(generate(**LAUNCH), store)
    start(store)
    return store


@pytest.fixture
def store(launch: Path, tmp_path: Path) -> Path:
    """Return the same, free to be changed."""
    return Path(shutil.copytree(launch, tmp_path / "store"))


# The bill


@pytest.mark.parametrize("answers", [LAUNCH, SCALE, CUSTOM], ids=["launch", "scale", "custom"])
def test_the_bill_is_the_one_in_the_readme(answers: dict[str, Any], generate: Generate) -> None:
    store = generate(**answers)
    printed = readme(store)
    assert {"Storefront", "API", "Key Value", "Images", TOTAL} <= printed.keys()

    assert rows(cost(store)) == printed


def test_the_bill_shows_the_day_and_source_of_each_vendors_prices(launch: Path) -> None:
    out = cost(launch).out

    for vendor in ("Vercel", "Render", "Cloudinary", "Sentry"):
        facts = catalogue(vendor.lower())
        assert f"  {facts['as_of']}  {vendor}: {facts['source']}\n" in out
    assert "LogRocket" not in out


def test_the_bill_says_what_is_uncertain_and_what_is_not_in_it(
    launch: Path, store: Path, generate: Generate
) -> None:
    assert "* was inferred or comes from a third party" in cost(launch).out
    assert "Not included" not in cost(launch).out
    assert "Not included: preview environments" in cost(generate(**SCALE)).out
    free = cost(generate(**LAUNCH, tier="demo")).out
    assert "* was inferred" not in free

    service = {"type": "worker", "name": "luma-store-mails", "plan": "1c-2g"}
    (store / "render/own.yml").write_text(yaml.safe_dump({"services": [service]}))
    assert "Not included: luma-store-mails, declared in render/own.yml.\n" in cost(store).out


# With other answers


def test_another_tier_costs_what_a_store_of_it_costs(launch: Path, generate: Generate) -> None:
    before, after = readme(launch), readme(generate(**GROWTH))

    done = cost(launch, "tier=growth")

    assert done.out.startswith("luma-store with tier=growth: USD per month")
    changed = rows(done)
    assert changed.pop(TOTAL) == [*before[TOTAL], *after[TOTAL]]
    assert changed.pop(MOST) == [*before[TOTAL], *after[MOST]]
    assert changed.keys() == {what for what in after if after[what] != before.get(what)} - {
        TOTAL,
        MOST,
    }
    for what, (_, old, _, new) in changed.items():
        assert (old, new) == (before[what][-1], after[what][-1])
    assert changed["API"] == ["0.5c-512mb", "$7.00", "2 to 4 x 1c-2g", "$50.00"]
    assert OWN_PLANS not in done.out


def test_a_standby_is_a_change_of_the_database(launch: Path) -> None:
    plans, growing = catalogue("render")["postgres"], catalogue("tiers")["tiers"]
    old, new = (growing[tier]["plans"]["postgres_plan"] for tier in ("launch", "scale"))

    changed = rows(cost(launch, "tier=scale"))

    old_price, new_price = dollars(plans[old]["monthly"]), dollars(2 * plans[new]["monthly"])
    assert changed["PostgreSQL and its standby"] == [
        old,
        old_price,
        f"2 x {new}",
        f"{new_price}*",
    ]
    assert "PostgreSQL" not in changed


@pytest.mark.parametrize("yes", ["yes", "True", "1"])
def test_an_item_is_added_and_removed(yes: str, launch: Path, generate: Generate) -> None:
    price = catalogue("logrocket")["plans"]["team"]["monthly"]

    added = rows(cost(launch, f"enable_logrocket={yes}"))
    removed = rows(cost(generate(**SCALE), "enable_logrocket=no"))

    assert added.keys() == {"Session replay", TOTAL}
    assert added["Session replay"] == ["none", "$0.00", "team", f"{dollars(price)}*"]
    assert removed["Session replay"] == ["team", f"{dollars(price)}*", "none", "$0.00"]


@pytest.mark.parametrize(
    "words",
    [
        ["domain=shop.example.com"],
        ["store_name=Blue Lamp", "alert_email=ida@example.com"],
        ["tier=launch", "region=frankfurt"],
        ["customize_plans=true"],
    ],
    ids=" ".join,
)
def test_what_does_not_change_the_bill_is_told(words: list[str], launch: Path) -> None:
    done = cost(launch, *words)

    (total,) = readme(launch)[TOTAL]
    told = f"Nothing changes with {' '.join(words)}: it stays at {total} per month.\n"
    assert (done.code, done.out, done.err) == (0, told, "")


def test_a_plan_is_chosen_with_customize_plans(launch: Path) -> None:
    web = catalogue("render")["web"]

    changed = rows(cost(launch, "customize_plans=true", "api_plan=2c-4g"))

    assert changed.keys() == {"API", TOTAL}
    assert changed["API"][2:] == ["2c-4g", f"{dollars(web['2c-4g']['monthly'])}*"]


def test_chosen_plans_stay_in_another_tier(generate: Generate) -> None:
    store = generate(**CUSTOM)

    kept = cost(store, "tier=growth")
    given_up = cost(store, "tier=growth", "customize_plans=false")

    assert rows(kept).keys() == {"Workspace", "API", "PostgreSQL storage", TOTAL, MOST}
    assert kept.out.endswith(f"\n{OWN_PLANS} Add customize_plans=false to see the tier's own.\n")
    assert rows(given_up)[TOTAL][1:] == readme(generate(**GROWTH))[TOTAL]
    assert OWN_PLANS not in given_up.out


# What is refused


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["teir=growth"], 'no question "teir". Did you mean tier? The questions are: alert_email,'),
        (["tier=huge"], '"huge" is not a tier: choose one of demo, launch, growth, scale.'),
        (["enable_logrocket=maybe"], 'enable_logrocket is yes or no (true or false), not "maybe".'),
        (["api_plan=1c-2g"], "api_plan is only used with customize_plans: true; add that or"),
        (["customize_plans=true", "api_plan=9c"], '"9c" is not among the choices of api_plan:'),
        (["customize_plans=true", "api_plan=free"], "tier launch is for selling: choose api_plan"),
        (["customize_plans=true", "tier=scale", "postgres_plan=0.5c-1g"], "keeps a standby"),
        (["tier=demo"], "Render cannot make a resource smaller, and these answers would: Key"),
        (["region=oregon"], "Keep frankfurt. region cannot change from frankfurt to oregon."),
        (["store_slug=other"], "store_slug cannot change from luma-store to other."),
        (["domain=https://shop.example.com"], '"https://shop.example.com" is not a domain'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_answers_that_no_update_takes_have_no_price(
    words: list[str], says: str, launch: Path
) -> None:
    done = cost(launch, *words)

    assert (done.code, done.out) == (1, "")
    assert says in done.err


@pytest.mark.parametrize("word", ["api_plan=1c-2g", "tier=demo", "region=oregon"])
def test_an_update_refuses_them_in_the_same_words(word: str, launch: Path) -> None:
    update = updates(launch, "update", "--to", WORKING_TREE_TAG, "--data", word)

    assert update.code == 1
    assert update.err.splitlines()[-1:] == cost(launch, word).err.splitlines()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["growth"], '"growth" must be NAME=VALUE, such as tier=growth.\n'),
        (["store_name=Blue", "Lamp"], '"Lamp" must be NAME=VALUE, such as tier=growth.\n'),
        (["--data", "tier=growth"], '"--data" must be NAME=VALUE, such as tier=growth.\n'),
        (["--tier=growth"], 'There is no question "--tier". Did you mean tier?'),
        (["_commit=v0.5.0"], 'There is no question "_commit".'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_no_answer_is_told(words: list[str], says: str, launch: Path) -> None:
    done = cost(launch, *words)

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(says)


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (ANSWERS_FILE, "tier: launch\n", "", "No answer to tier is recorded: restore"),
        (ANSWERS_FILE, "tier: launch", "tier: huge", 'tier is recorded as "huge", which is no'),
        (ANSWERS_FILE, "tier: launch", "tier: [", ".copier-answers.yml: whole file: is not YAML"),
        ("render/own.yml", "services:\n", "services: 5\n", "render/own.yml: services: must be a"),
    ],
)
def test_a_broken_file_is_told(file: str, old: str, new: str, says: str, store: Path) -> None:
    change(store, file, old, new)

    done = cost(store)

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(says)


def test_make_hands_the_answers_to_the_launcher(launch: Path) -> None:
    command = ["make", "--dry-run", "cost", "ARGS=tier=growth"]
    done = subprocess.run(command, cwd=launch, capture_output=True, text=True, check=True)
    assert done.stdout.endswith(" -m tools.luma cost tier=growth\n")
