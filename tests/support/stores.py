"""The stores that the tests update: six sets of answers, and version control as a team has it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from decisions import left_alone

from support.checkout import ROOT, git
from support.warm import run_python

ANSWERS_FILE = ".copier-answers.yml"

STORES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "demo": {"tier": "demo"},
    "scale": {"tier": "scale"},
    "everything on": {
        "store_name": "Käthe's Lamps",
        "repository": "lamps/shop",
        "region": "ohio",
        "tier": "growth",
        "customize_plans": True,
        "enable_logrocket": True,
        "domain": "shop.example.com",
        "alert_email": "ida@shop.example.com",
    },
    "everything off": {"tier": "demo", "include_starter": False},
    "custom plans": {
        "region": "singapore",
        "customize_plans": True,
        "api_plan": "1c-2g",
        "postgres_plan": "1c-4g",
        "cloudinary_plan": "plus",
    },
}
"""Answers by name."""


EXAMPLES_LEFT = [
    ".copier-answers.yml: repository: my-organisation/luma-store is an example; before the store "
    'goes live: make update ARGS="--data repository=OWNER/NAME"',
    ".copier-answers.yml: alert_email: alerts@example.com is an example; before the store goes "
    'live: make update ARGS="--data alert_email=ADDRESS"',
]
"""What `make check` leaves to do by hand in a store of the suggested answers."""
UNREAD = [
    "env.yml: STOREFRONT_SECRET: is not read by the code of storefront-build",
    "env.yml: STOREFRONT_SECRET: is not read by the code of storefront-server",
    "env.yml: STOREFRONT_SECRET: is not read by the code of api",
]
"""The same, for what the starters up to that of UNREAD_UP_TO do not read."""
UNREAD_UP_TO = "v0.4.0"
TEXTS = "storefront/src/texts.ts"
"""What a store's people write before it goes live; the starters up to v0.6.0 have none."""


def commit(folder: Path, message: str, tag: str = "") -> None:
    """Commit everything, and tag it as a release."""
    git("add", "-A", cwd=folder)
    git("commit", "-q", "-m", message, cwd=folder)
    if tag:
        git("tag", "-a", tag, "-m", tag, cwd=folder)


def start(store: Path) -> None:
    """Put a generated store under version control, as its team does."""
    git("init", "-q", "-b", "main", cwd=store)
    commit(store, "Start from the template")


def answers_of(store: Path) -> dict[str, Any]:
    """Return what a store's answers file holds."""
    answers: dict[str, Any] = yaml.safe_load((store / ANSWERS_FILE).read_text(encoding="utf-8"))
    return answers


def settings_for_updates(answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the patterns of what an update to the working tree leaves alone, as Copier reads them.

    That is what it excludes, and what it writes only where it is missing.
    """
    settings = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))
    return {
        "_exclude": left_alone(settings, answers),
        "_skip_if_exists": settings.get("_skip_if_exists", []),
    }


def findings(store: Path) -> list[str]:
    """Return what `make check`'s rules find in a store; nothing is left behind in it."""
    return findings_and_by_hand(store)[0]


def findings_and_by_hand(store: Path) -> tuple[list[str], list[str]]:
    """Return what `make check`'s rules find in a store, and what they leave to be done by hand."""
    done = run_python(["-m", "tools.checks"], store)
    assert " rules, " in done.stdout, done.stderr
    lines = done.stdout.splitlines()
    by_hand = [line.removeprefix("By hand: ") for line in lines if line.startswith("By hand: ")]
    return done.stderr.splitlines(), by_hand


def without_texts(store: Path, by_hand: list[str]) -> list[str]:
    """Return what is left by hand besides the texts, which a fresh store that has them counts."""
    texts = [line for line in by_hand if line.startswith(f"{TEXTS}: in brackets: ")]
    assert len(texts) == (store / TEXTS).exists()
    return [line for line in by_hand if line not in texts]
