"""The answers that the suite renders: every combination, and every single plan override."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from decisions import load_catalog
from decisions.errors import AnswerError
from decisions.plans import capacity_for, choose_plans

CATALOG = load_catalog()
DOMAIN = "shop.example.com"
Answers = dict[str, Any]
DEFAULTS: Answers = {
    "store_name": "Luma Store",
    "store_slug": "luma-store",
    "repository": "my-organisation/luma-store",
    "region": "frankfurt",
    "country": "DE",
    "tier": "launch",
    "customize_plans": False,
    "enable_logrocket": False,
    "domain": "",
    "alert_email": "alerts@example.com",
    "include_starter": True,
}


def all_combinations() -> Iterator[Answers]:
    """Return tier x region x LogRocket x starter x domain: 160 sets of answers."""
    for tier, region, replay, starter, domain in product(
        CATALOG.tiers, CATALOG.regions, (False, True), (False, True), ("", DOMAIN)
    ):
        yield {
            "tier": tier,
            "region": region,
            "enable_logrocket": replay,
            "include_starter": starter,
            "domain": domain,
        }


def plan_overrides() -> Iterator[Answers]:
    """Return each plan of each question in each tier, one changed at a time.

    Without the starter, because no plan changes a file of it, and it makes up most of a store.
    """
    for tier, (question, plans) in product(CATALOG.tiers, CATALOG.plans.items()):
        for plan in plans:
            yield {
                "tier": tier,
                "customize_plans": True,
                "enable_logrocket": True,
                "include_starter": False,
                question: plan,
            }


def refusal(answers: Answers) -> str:
    """Return why an override may not be generated; empty where it may."""
    tier = CATALOG.tiers[answers["tier"]]
    given = {**tier.plans, **answers}
    try:
        plans = choose_plans(CATALOG, tier, given)
        capacity_for(tier, plans)
    except AnswerError as error:
        return str(error)
    return ""


def name_of(answers: Answers) -> str:
    """Return a test's name for a set of answers."""
    words = {True: "{key}", False: "no-{key}"}
    parts = []
    for key, value in answers.items():
        short = key.removeprefix("enable_").removeprefix("include_")
        if key == "domain":
            parts.append("domain" if value else "no-domain")
        elif key == "customize_plans":
            continue
        elif isinstance(value, bool):
            parts.append(words[value].format(key=short))
        else:
            parts.append(str(value))
    return "-".join(parts)


ALLOWED = [*all_combinations(), *(answers for answers in plan_overrides() if not refusal(answers))]
REFUSED = [answers for answers in plan_overrides() if refusal(answers)]

every_allowed_answer = pytest.mark.parametrize(
    "answers",
    [
        pytest.param(answers, id=name_of(answers), marks=pytest.mark.xdist_group(name_of(answers)))
        for answers in ALLOWED
    ],
)
"""Parametrizes a test; tests of the same answers share a worker, and so one rendering."""
