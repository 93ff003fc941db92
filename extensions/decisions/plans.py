"""Which plans a store runs on, and which combinations no vendor would run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .capacity import ROLLING_DEPLOY_FACTOR, Capacity, plan_capacity
from .catalog import (
    PLAN_QUESTIONS,
    Catalog,
    KeyValuePlan,
    Plan,
    PostgresPlan,
    Tier,
    VercelPlan,
    WebPlan,
    WorkspacePlan,
)
from .errors import AnswerError


@dataclass(frozen=True)
class Plans:
    """The plan of every part; `logrocket` is None where nothing is recorded."""

    vercel: VercelPlan
    api: WebPlan
    postgres: PostgresPlan
    key_value: KeyValuePlan
    cloudinary: Plan
    sentry: Plan
    logrocket: Plan | None
    workspace: WorkspacePlan


def choose_plans(catalog: Catalog, tier: Tier, answers: Mapping[str, Any]) -> Plans:
    """Return the answered plans, and the tier's own for the questions that are not asked.

    Raises:
        AnswerError: a plan does not exist or the tier may not contain it.

    """
    chosen = {
        question: answers[question] if is_asked(question, answers) else tier.plans[question]
        for question in PLAN_QUESTIONS
    }
    for question, plan_id in chosen.items():
        if problem := plan_problem(catalog, question, plan_id, tier):
            raise AnswerError(problem)
    needs_pro = tier.instances.max > 1 or tier.high_availability
    return Plans(
        vercel=catalog.vercel.plans[chosen["vercel_plan"]],
        api=catalog.render.web[chosen["api_plan"]],
        postgres=catalog.render.postgres[chosen["postgres_plan"]],
        key_value=catalog.render.key_value[chosen["key_value_plan"]],
        cloudinary=catalog.cloudinary.plans[chosen["cloudinary_plan"]],
        sentry=catalog.sentry.plans[chosen["sentry_plan"]],
        logrocket=(
            catalog.logrocket.plans[chosen["logrocket_plan"]]
            if answers["enable_logrocket"]
            else None
        ),
        workspace=catalog.render.workspace["pro" if needs_pro else "hobby"],
    )


def is_asked(question: str, answers: Mapping[str, Any]) -> bool:
    """Return whether a plan question is asked after these answers."""
    return all(answers[needed] for needed in PLAN_QUESTIONS[question].needs)


def plan_problem(catalog: Catalog, question: str, plan_id: str, tier: Tier) -> str:
    """Return why a tier may not contain a plan; empty where it may."""
    plan = catalog.plans[question].get(plan_id)
    if plan is None:
        known = ", ".join(catalog.plans[question])
        return f'"{plan_id}" is not among the choices of {question}: choose one of {known}.'
    if tier.sells and plan.not_for_selling:
        allowed = ", ".join(p.id for p in catalog.plans[question].values() if not p.not_for_selling)
        return (
            f"{plan.not_for_selling}, and tier {tier.id} is for selling: "
            f"choose {question} from {allowed}."
        )
    if question == "postgres_plan" and tier.high_availability:
        return _standby_problem(catalog, plan, tier)
    return ""


def shrinking_problem(
    catalog: Catalog, before: Mapping[str, Any], plans: Plans, disk_gb: int
) -> str:
    """Return what the answers would shrink that Render only enlarges; empty where nothing.

    `before` are the answers that the store was generated with. Source: Render's documents on
    Key Value (no downgrade) and on PostgreSQL's storage (grow only).
    """
    old_tier = catalog.tiers.get(before.get("tier", ""))
    if old_tier is None:
        return ""
    old_cache = catalog.render.key_value.get(
        before.get("key_value_plan", old_tier.plans["key_value_plan"]), plans.key_value
    )
    old_database = before.get("postgres_plan", old_tier.plans["postgres_plan"])
    old_disk_gb = disk_size(old_tier, old_database)
    losses = []
    if plans.key_value.memory_mb < old_cache.memory_mb:
        losses.append(f"Key Value from {old_cache.id} to {plans.key_value.id}")
    if disk_gb < old_disk_gb:
        losses.append(f"the database's disk from {old_disk_gb} to {disk_gb} GB")
    if not losses:
        return ""
    return (
        f"Render cannot make a resource smaller, and these answers would: {' and '.join(losses)}. "
        f"Keep tier {old_tier.id} and lower other plans with customize_plans, key_value_plan at "
        f"{old_cache.id} or more."
    )


def disk_size(tier: Tier, postgres_plan: str) -> int:
    """Return the database's disk in GB; the free plan has exactly 1."""
    return 1 if postgres_plan == "free" else tier.disk_gb


def standby_plans(catalog: Catalog) -> list[str]:
    """Return the PostgreSQL plans that may have a standby, the cheapest first."""
    least = catalog.render.high_availability.min_cpu
    return [plan.id for plan in catalog.render.postgres.values() if plan.cpu >= least]


def _standby_problem(catalog: Catalog, plan: Plan, tier: Tier) -> str:
    allowed = standby_plans(catalog)
    if plan.id in allowed:
        return ""
    return (
        f"Tier {tier.id} keeps a standby database, which Render offers from "
        f"{catalog.render.high_availability.min_cpu:g} CPU: "
        f"choose postgres_plan from {', '.join(allowed)}."
    )


def capacity_for(tier: Tier, plans: Plans) -> Capacity:
    """Return the API's processes and connections on these plans.

    Raises:
        AnswerError: the database, or the Key Value, allows too few connections.

    """
    capacity = plan_capacity(tier, plans.api, plans.postgres)
    cache_clients = capacity.workers * capacity.max_instances * ROLLING_DEPLOY_FACTOR
    if cache_clients > plans.key_value.connections:
        raise AnswerError(
            f"key_value_plan {plans.key_value.id} allows {plans.key_value.connections} "
            f"connections and the API may open {cache_clients}: choose a larger key_value_plan."
        )
    return capacity
