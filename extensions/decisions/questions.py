"""What the questionnaire offers, and the check of answers that were given without asking."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from .catalog import PLAN_QUESTIONS, Catalog, Tier
from .cost import cost_of
from .errors import AnswerError
from .plans import capacity_for, choose_plans, plan_problem
from .store import TEXT_RULES

YES_OR_NO = ("customize_plans", "enable_logrocket", "include_starter")
QUESTIONS = frozenset({*TEXT_RULES, *YES_OR_NO, *PLAN_QUESTIONS, "region", "tier"})
RETIRED_QUESTIONS: frozenset[str] = frozenset()
"""Keys of questions that an older release asked: a recorded answer to one is not a mistake."""

MOVE_RUNBOOK = "monitoring/runbooks/move-region-or-rename.md"
IMMUTABLE = {
    "region": f"That would replace the database by an empty one elsewhere. Follow {MOVE_RUNBOOK}",
    "store_slug": f"That would create every service anew, without its data. Follow {MOVE_RUNBOOK}",
    "include_starter": "copier copy uses it once. Add or remove storefront/ and api/ by hand",
}
"""Answers that are settled for ever, and what to do instead of changing them."""

_BOOLEAN_WORDS = ("yes", "no", "true", "false", "y", "n", "t", "f", "on", "off", "1", "0")


def region_choices(catalog: Catalog) -> list[list[str]]:
    """Give label and value of each region."""
    return [
        [f"{region.id}: {region.place}, {region.country}", region.id]
        for region in catalog.regions.values()
    ]


def tier_choices(catalog: Catalog) -> list[list[str]]:
    """Give label, with the monthly total without session replay, and value of each tier."""
    return [[_tier_label(catalog, tier), tier.id] for tier in catalog.tiers.values()]


def plan_choices(catalog: Catalog, question: str, tier_id: str) -> list[list[Any]]:
    """Give label and value of each plan; one that the tier refuses is shown with the reason."""
    tier = catalog.tiers[tier_id]
    choices: list[list[Any]] = []
    for plan in catalog.plans[question].values():
        problem = plan_problem(catalog, question, plan.id, tier)
        value: Any = {"value": plan.id, "validator": problem} if problem else plan.id
        choices.append([plan.label, value])
    return choices


def check_given(
    catalog: Catalog,
    given: Mapping[str, Any],
    recorded: Mapping[str, Any],
    settled: Mapping[str, Any],
) -> None:
    """Check answers from `--data` or a data file before Copier reads them.

    `recorded` are the answers that the destination already holds, `settled` those known so far.
    Copier replaces a recorded answer that is no longer a choice by the default, without a word.

    Raises:
        AnswerError: the first answer that is unknown, unusable or no longer changeable.

    """
    for key, value in given.items():
        if not key.startswith("_") and key not in RETIRED_QUESTIONS:
            _check_key(key)
            _check_value(catalog, key, value)
    for key in recorded.keys() - given.keys():
        _check_recorded(catalog, key, recorded[key], settled)
    for key, instead in IMMUTABLE.items():
        if key in recorded and key in settled and not _same(settled[key], recorded[key]):
            raise AnswerError(
                f"{key} cannot change from {recorded[key]} to {settled[key]}. {instead}."
            )


def check_plan(
    catalog: Catalog, question: str, tier_id: str, plan_id: str, *, customized: bool
) -> None:
    """Check a plan that was given or recorded, once tier and customisation are settled.

    Raises:
        AnswerError: plans are not customised, or the tier may not contain this one.

    """
    if not customized:
        needed = "customize_plans: true"
        if question == "logrocket_plan":
            needed += " and enable_logrocket: true"
        raise AnswerError(f"{question} is only used with {needed}; add that or leave it out.")
    if problem := plan_problem(catalog, question, plan_id, catalog.tiers[tier_id]):
        raise AnswerError(problem)


def _tier_label(catalog: Catalog, tier: Tier) -> str:
    plans = choose_plans(catalog, tier, {}, customized=False, replay=False)
    cost = cost_of(catalog, tier, plans, capacity_for(tier, plans))
    return f"{tier.id}: {cost.label}, {tier.summary}"


def _check_key(key: str) -> None:
    if key in QUESTIONS:
        return
    near = difflib.get_close_matches(key, sorted(QUESTIONS), n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise AnswerError(
        f'There is no question "{key}".{hint} The questions are: {", ".join(sorted(QUESTIONS))}.'
    )


def _check_value(catalog: Catalog, key: str, value: Any) -> None:
    if key in YES_OR_NO:
        if not isinstance(value, bool) and str(value).lower() not in _BOOLEAN_WORDS:
            raise AnswerError(f'{key} is yes or no (true or false), not "{value}".')
        return
    if not isinstance(value, str):
        raise AnswerError(f"{key} is a text, not {value!r}: put it in quotes.")
    choices = {"region": catalog.regions, "tier": catalog.tiers}.get(key)
    if choices is not None and value not in choices:
        raise AnswerError(f'"{value}" is not a {key}: choose one of {", ".join(choices)}.')
    if key in TEXT_RULES and (problem := TEXT_RULES[key](value)):
        raise AnswerError(problem)


def _check_recorded(catalog: Catalog, key: str, value: Any, settled: Mapping[str, Any]) -> None:
    choices = {"region": catalog.regions, "tier": catalog.tiers, **catalog.plans}.get(key)
    if choices is None or value in choices:
        return
    needed = ["customize_plans"] if key in PLAN_QUESTIONS else []
    needed += ["enable_logrocket"] if key == "logrocket_plan" else []
    if not all(_same(settled.get(question), True) for question in needed):
        return
    raise AnswerError(
        f'{key} is recorded as "{value}", which is no longer a choice. Choose with '
        f"--data {key}=VALUE one of {', '.join(choices)}."
    )


def _same(given: Any, recorded: Any) -> bool:
    if isinstance(recorded, bool):
        return recorded == (str(given).lower() in {"yes", "true", "y", "t", "on", "1"})
    return bool(given == recorded)
