"""What the questionnaire asks and offers, and the check of answers that nobody was asked for."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .catalog import PLAN_QUESTIONS, Catalog, Tier
from .cost import cost_of
from .errors import AnswerError
from .plans import capacity_for, choose_plans, is_asked, plan_problem
from .store import TEXT_RULES

YES_OR_NO = ("customize_plans", "enable_logrocket", "include_starter")
QUESTIONS = frozenset({*TEXT_RULES, *YES_OR_NO, *PLAN_QUESTIONS, "region", "tier"})
NOT_ASKED_BEFORE = {"country": ""}
"""Answers of a store that was made before there were these questions. Nobody asks it."""
RETIRED_QUESTIONS: frozenset[str] = frozenset()
"""Keys of questions that an older release asked: a recorded answer to one is not a mistake."""

EXAMPLE_EMAIL = "alerts@example.com"
"""The suggested `alert_email` of a store without a domain. Nobody can receive mail there."""

MOVE_RUNBOOK = "monitoring/runbooks/move-region-or-rename.md"
IMMUTABLE = {
    "region": f"That would replace the database by an empty one elsewhere. Follow {MOVE_RUNBOOK}",
    "store_slug": f"That would create new services, without the data. Follow {MOVE_RUNBOOK}",
    "include_starter": "copier copy uses it once. Add or remove storefront/ and api/ by hand",
}
"""Answers that cannot change, and what to do instead."""

_BOOLEAN_WORDS = ("yes", "no", "true", "false", "y", "n", "t", "f", "on", "off", "1", "0")


@dataclass(frozen=True)
class Known:
    """What is known while Copier asks its questions.

    `answers` are those so far, `given` come from `--data` or a data file, `recorded` from the
    store's answers file and `preferred` from the defaults in the person's Copier settings.
    `keeps_recorded` says that Copier takes a recorded answer without asking for it.
    """

    answers: Mapping[str, Any]
    given: Mapping[str, Any]
    recorded: Mapping[str, Any]
    preferred: Mapping[str, Any]
    keeps_recorded: bool


def region_choices(catalog: Catalog) -> list[list[str]]:
    """Return label and value of each region."""
    return [[f"{region.id}: {region.label}", region.id] for region in catalog.regions.values()]


def tier_choices(catalog: Catalog) -> list[list[str]]:
    """Return label, with the monthly total without session replay, and value of each tier."""
    return [[_tier_label(catalog, tier), tier.id] for tier in catalog.tiers.values()]


def tier_plan(catalog: Catalog, question: str, tier_id: str) -> str:
    """Return the plan that a tier starts with."""
    return catalog.tiers[tier_id].plans[question]


def country_of(catalog: Catalog, region: str, recorded: Mapping[str, Any]) -> str:
    """Return the suggested answer to `country`."""
    return NOT_ASKED_BEFORE["country"] if recorded else catalog.regions[region].code


def asks_plan(catalog: Catalog, question: str, known: Known) -> bool:
    """Return whether to ask for a plan, and check the plan that is used without asking.

    Raises:
        AnswerError: that plan cannot be used.

    """
    asked = is_asked(question, known.answers)
    plan = known.given.get(question)
    if plan is None and asked:
        if question not in known.recorded:
            plan = known.preferred.get(question)
        elif known.keeps_recorded:
            plan = known.recorded[question]
    if plan is not None:
        if not asked:
            needed = " and ".join(f"{name}: true" for name in PLAN_QUESTIONS[question].needs)
            raise AnswerError(f"{question} is only used with {needed}; add that or leave it out.")
        if problem := plan_problem(catalog, question, plan, catalog.tiers[known.answers["tier"]]):
            raise AnswerError(problem)
    return asked


def plan_choices(catalog: Catalog, question: str, known: Known) -> list[Any]:
    """Return label and value of each plan; one that the tier refuses is shown with the reason.

    Where the question is not asked, no label is computed: the only choices are the tier's own
    plan and the person's preferred one. Copier takes the latter for the answer and ends where it
    is no choice, but nothing reads it.
    """
    tier = catalog.tiers[known.answers["tier"]]
    if not is_asked(question, known.answers):
        own = tier.plans[question]
        return [own, known.preferred.get(question, own)]
    choices: list[Any] = []
    for plan in catalog.plans[question].values():
        if problem := plan_problem(catalog, question, plan.id, tier):
            # Without size and price, which would push the reason off the screen.
            choices.append([plan.id, {"value": plan.id, "validator": problem}])
        else:
            choices.append([plan.label, plan.id])
    return choices


def answer_problem(question: str, value: str, known: Known) -> str:
    """Return what is wrong with a freely typed answer; empty where nothing is.

    A recorded answer that has a problem is dropped by Copier, which then suggests the default.
    That is how the example of an address gives way once the store gets a domain.
    """
    if problem := TEXT_RULES[question](value):
        return problem
    domain = known.answers.get("domain")
    is_outdated_example = (
        question == "alert_email"
        and value == EXAMPLE_EMAIL == known.recorded.get("alert_email")
        and "alert_email" not in known.given
        and not known.recorded.get("domain")
    )
    if domain and is_outdated_example:
        return f"Example: alerts@{domain}. Nobody receives mail at {EXAMPLE_EMAIL}."
    return ""


def check_given(catalog: Catalog, known: Known) -> None:
    """Check the answers that Copier takes without asking, before it reads them.

    Copier replaces a recorded answer that is no longer a choice by the default, without a word.

    Raises:
        AnswerError: the first answer that is unknown, unusable or no longer changeable.

    """
    given = {**_preferred(known), **known.given}
    for key, value in given.items():
        if not key.startswith("_") and key not in RETIRED_QUESTIONS:
            _check_key(key)
            _check_value(catalog, key, value)
    for key in known.recorded.keys() - given.keys():
        _check_recorded(catalog, key, known.recorded[key], known.answers)
    for key, instead in IMMUTABLE.items():
        if key in known.recorded and key in known.answers:
            _check_unchanged(key, known.answers[key], known.recorded[key], instead)


def changed_answers(
    catalog: Catalog, recorded: Mapping[str, Any], given: Mapping[str, str]
) -> dict[str, Any]:
    """Return a store's answers after an update that is given some of them.

    Raises:
        AnswerError: the first answer that is missing, or that the update would refuse.

    """
    recorded = {**NOT_ASKED_BEFORE, **recorded}
    if missing := sorted(QUESTIONS - PLAN_QUESTIONS.keys() - recorded.keys()):
        raise AnswerError(
            f"No answer to {missing[0]} is recorded: restore .copier-answers.yml from git."
        )
    for key in given:
        _check_key(key)
    answers = {**recorded, **given}
    answers |= {key: _is_yes(answers[key]) for key in YES_OR_NO}
    known = Known(answers, given, recorded, preferred={}, keeps_recorded=True)
    check_given(catalog, known)
    plans = catalog.tiers[answers["tier"]].plans
    asked = [question for question in PLAN_QUESTIONS if asks_plan(catalog, question, known)]
    return answers | {question: answers.get(question, plans[question]) for question in asked}


def _preferred(known: Known) -> dict[str, Any]:
    """Return the answers that Copier takes from the person's settings, plans apart.

    The settings serve every template of that person: an unknown name in them is no mistake.
    """
    return {
        key: value
        for key, value in known.preferred.items()
        if key in QUESTIONS - PLAN_QUESTIONS.keys() and key not in known.recorded
    }


def _tier_label(catalog: Catalog, tier: Tier) -> str:
    plans = choose_plans(catalog, tier, {"customize_plans": False, "enable_logrocket": False})
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


def _check_recorded(catalog: Catalog, key: str, value: Any, answers: Mapping[str, Any]) -> None:
    choices = {"region": catalog.regions, "tier": catalog.tiers, **catalog.plans}.get(key)
    if choices is None or value in choices:
        return
    needs = PLAN_QUESTIONS[key].needs if key in PLAN_QUESTIONS else ()
    if not all(_same(answers.get(needed), True) for needed in needs):
        return
    raise AnswerError(
        f'{key} is recorded as "{value}", which is no longer a choice. Choose with '
        f"--data {key}=VALUE one of {', '.join(choices)}."
    )


def _check_unchanged(key: str, answer: Any, recorded: Any, instead: str) -> None:
    if not _same(answer, recorded):
        raise AnswerError(
            f"Keep {recorded}. {key} cannot change from {recorded} to {answer}. {instead}."
        )


def _same(given: Any, recorded: Any) -> bool:
    return bool(_is_yes(given) == recorded if isinstance(recorded, bool) else given == recorded)


def _is_yes(answer: Any) -> bool:
    return str(answer).lower() in {"yes", "true", "y", "t", "on", "1"}
