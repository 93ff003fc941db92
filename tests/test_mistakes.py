"""Every mistake ends with a sentence that says what to do, and with nothing written."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.checkout import ROOT, Generate
from support.copier_cli import Outcome, content, copier

SITE_PACKAGES = Path(sysconfig.get_paths()["purelib"])
OLD_COPIER = "9.14.3"


@dataclass(frozen=True)
class Mistake:
    """What a person types, and the words that must come back, the last ones the way out."""

    says: tuple[str, ...]
    data: tuple[str, ...] = ()
    data_file: str | None = None
    flags: tuple[str, ...] = ("--defaults",)


MISTAKES = {
    "an unknown question": Mistake(
        data=("store_nme=Blue Lamp",),
        says=('no question "store_nme"', "Did you mean store_name?"),
    ),
    "an unknown question in a data file": Mistake(
        data_file="reigon: oregon\n", says=('no question "reigon"', "Did you mean region?")
    ),
    "a region that is none": Mistake(
        data=("region=mars",), says=('"mars" is not a region', "choose one of oregon,", "singapore")
    ),
    "a country in words": Mistake(
        data=("country=Germany",), says=('"Germany" is not a country', "the two letters of", "DE,")
    ),
    "a tier that is none": Mistake(
        data=("tier=huge",), says=('"huge" is not a tier', "choose one of demo, launch")
    ),
    "a name that YAML reads as no": Mistake(
        data_file="store_name: no\n", says=("store_name is a text, not False", "put it in quotes")
    ),
    "a name that YAML reads as a number": Mistake(
        data_file="store_name: 1e3\nstore_slug: 007\n",
        says=("store_slug is a text, not 7", "put it in quotes"),
    ),
    "a yes-or-no question answered otherwise": Mistake(
        data=("enable_logrocket=maybe",), says=("enable_logrocket is yes or no", '"maybe"')
    ),
    "an empty store name": Mistake(
        data=("store_name= ",), says=("It is empty", "type 1 to 60 characters")
    ),
    "a store name in two lines": Mistake(
        data_file='store_name: "Blue\\nLamp"\n',
        says=("Remove U+000A, a control character",),
    ),
    "a slug that DNS refuses": Mistake(
        data=("store_slug=Blue_Lamp",), says=('"Blue_Lamp" does not fit', "Example: blue-lamp")
    ),
    "an address for a domain": Mistake(
        data=("domain=https://blue.example",),
        says=('"https://blue.example" is not a domain', "Example: shop.example.com"),
    ),
    "a domain in its own script": Mistake(
        data=("domain=bücher.example",), says=("is not a domain", "Write xn--bcher-kva.example")
    ),
    "an address for a repository": Mistake(
        data=("repository=https://github.com/a/b",),
        says=("is not a repository on GitHub", "Example: lamps/store"),
    ),
    "two mail addresses": Mistake(
        data=("alert_email=a@example.com, b@example.com",),
        says=("is not an address", "Example: ida@example.com"),
    ),
    "a plan without customising plans": Mistake(
        data=("vercel_plan=pro",),
        says=("vercel_plan is only used with customize_plans: true", "add that or leave it out"),
    ),
    "a plan that the vendor does not have": Mistake(
        data=("customize_plans=yes", "api_plan=huge"),
        says=('"huge" is not among the choices', "choose one of free, 0.5c-512mb"),
    ),
    "a plan that may not sell": Mistake(
        data=("tier=launch", "customize_plans=yes", "vercel_plan=hobby"),
        says=("Hobby plan forbids", "choose vercel_plan from pro"),
    ),
    "a database that cannot have a standby": Mistake(
        data=("tier=scale", "customize_plans=yes", "postgres_plan=0.5c-1g"),
        says=("keeps a standby database", "choose postgres_plan from 1c-4g"),
    ),
    "a LogRocket plan with LogRocket off": Mistake(
        data=("customize_plans=yes", "logrocket_plan=team"),
        says=("logrocket_plan is only used with", "enable_logrocket: true", "leave it out"),
    ),
    "a database too small for the API": Mistake(
        data=(
            "tier=scale",
            "customize_plans=yes",
            "api_plan=8c-32g",
            "postgres_plan=1c-4g",
            "key_value_plan=5g",
        ),
        says=("1c-4g allows 100 connections", "choose a larger postgres_plan or a smaller api"),
    ),
    "half the answers and no terminal": Mistake(
        data_file="store_name: Blue Lamp\nregion: oregon\n",
        flags=(),
        says=("Interactive session required", "`--defaults`", "`--data-file`"),
    ),
}


def assert_refused(outcome: Outcome, *says: str) -> None:
    """Expect a failure that is told in words."""
    assert outcome.code != 0, outcome.text
    assert "Traceback" not in outcome.text, outcome.text
    for words in says:
        assert words in outcome.text


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_explained_and_nothing_is_written(
    mistake: Mistake, template: Path, tmp_path: Path
) -> None:
    arguments: list[str | Path] = ["copy", "--trust", *mistake.flags]
    for pair in mistake.data:
        arguments += ["--data", pair]
    if mistake.data_file is not None:
        (tmp_path / "answers.yml").write_text(mistake.data_file)
        arguments += ["--data-file", tmp_path / "answers.yml"]

    outcome = copier(*arguments, template, tmp_path / "store")

    assert_refused(outcome, *mistake.says)
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("default", "says"),
    [("region: mars", '"mars" is not a region'), ("sentry_plan: huge", "choose one of developer")],
)
def test_an_unusable_default_in_a_persons_settings_is_explained(
    default: str, says: str, template: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text(f"defaults:\n  {default}\n  of_another_template: 1\n")

    outcome = copier(
        "copy", "--trust", "--defaults", "--data", "customize_plans=yes", template,
        tmp_path / "store", environment={"COPIER_SETTINGS_PATH": str(settings)},
    )  # fmt: skip

    assert_refused(outcome, says)
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    "answers", ["store_name: [\n", "- store_name\n", ""], ids=["broken", "a list", "empty"]
)
def test_a_data_file_that_is_no_mapping_writes_nothing(
    answers: str, template: Path, tmp_path: Path
) -> None:
    """Copier reads the file before it opens the template and ends with its own stack trace.

    No template can put that into a sentence; what can be promised is that nothing is written.
    """
    (tmp_path / "answers.yml").write_text(answers)

    outcome = copier(
        "copy", "--trust", "-l", "--data-file", tmp_path / "answers.yml", template,
        tmp_path / "store",
    )  # fmt: skip

    assert outcome.code != 0
    assert not (tmp_path / "store").exists()


def test_a_broken_data_file_is_named_with_the_line(template: Path, tmp_path: Path) -> None:
    (tmp_path / "answers.yml").write_text("region: oregon\nstore_name: [\n")

    outcome = copier(
        "copy", "--trust", "--data-file", tmp_path / "answers.yml", template, tmp_path / "store"
    )

    assert "answers.yml" in outcome.sentence
    assert "line 3" in outcome.sentence


def test_without_trust_copier_says_which_option_is_missing(template: Path, tmp_path: Path) -> None:
    outcome = copier("copy", "--defaults", template, tmp_path / "store")

    assert_refused(outcome, "jinja_extensions", "consider adding the `--trust` option")
    assert outcome.code == 4
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("region=oregon", "region cannot change from frankfurt to oregon"),
        ("store_slug=red-lamp", "store_slug cannot change from luma-store to red-lamp"),
    ],
)
def test_copying_over_a_store_cannot_move_or_rename_it(
    change: str, says: str, template: Path, generate: Generate, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    shutil.copytree(generate(), store, symlinks=True)
    before = content(store)

    outcome = copier("copy", "--trust", "--force", "--data", change, template, store)

    assert_refused(outcome, says, "Follow monitoring/runbooks/move-region-or-rename.md")
    assert content(store) == before


def test_a_missing_extension_package_is_named(template: Path, tmp_path: Path) -> None:
    """Run with every package of this environment but the one, and without the rest of it."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for package in SITE_PACKAGES.iterdir():
        if not package.name.startswith("copier_template_extensions"):
            (packages / package.name).symlink_to(package)

    outcome = copier(
        "copy", "--trust", "--defaults", template, tmp_path / "store",
        python=(sys.executable, "-S"), environment={"PYTHONPATH": str(packages)},
    )  # fmt: skip

    assert_refused(
        outcome,
        "No module named 'copier_template_extensions'",
        "Make sure to install these extensions alongside Copier itself",
    )
    assert not (tmp_path / "store").exists()


def test_an_old_copier_is_told_which_version_to_have(template: Path, tmp_path: Path) -> None:
    outcome = copier(
        "copy", "--trust", "--defaults", template, tmp_path / "store",
        python=(sys.executable, "-S"), environment={"PYTHONPATH": str(old_copier())},
    )  # fmt: skip

    assert_refused(
        outcome,
        "This template requires Copier version >= 9.19.1",
        f"your version of Copier is {OLD_COPIER}",
    )
    assert not (tmp_path / "store").exists()


def old_copier() -> Path:
    """Return a folder of packages with a Copier that is too old, installed once per checkout."""
    folder = ROOT / ".cache" / f"copier-{OLD_COPIER}"
    folder.parent.mkdir(exist_ok=True)
    with (ROOT / ".cache" / "copier-old.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            subprocess.run(
                [
                    *(sys.executable, "-m", "pip", "install", "--quiet", "--target"),
                    *(unfinished, f"copier=={OLD_COPIER}", "copier-template-extensions"),
                ],
                check=True,
            )
            unfinished.rename(folder)
    return folder
