"""One resolved description of a store: all that the template's files print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .capacity import Capacity
from .catalog import Catalog, Region, Tier
from .cost import Cost, cost_of, watches_api
from .environment import Environment, environment_of
from .errors import AnswerError
from .headers import content_security_policy
from .names import (
    alert_email_problem,
    domain_problem,
    repository_problem,
    store_name_problem,
    store_slug_problem,
)
from .plans import Plans, capacity_for, choose_plans, disk_size, shrinking_problem
from .residency import ResidencyRow, residency_of

TEXT_RULES = {
    "store_name": store_name_problem,
    "store_slug": store_slug_problem,
    "repository": repository_problem,
    "domain": domain_problem,
    "alert_email": alert_email_problem,
}
"""The check of each freely typed answer."""


@dataclass(frozen=True)
class Store:
    """Everything that follows from a store's answers."""

    name: str
    slug: str
    repository: str
    domain: str
    alert_email: str
    starter: bool
    replay: bool
    region: Region
    tier: Tier
    plans: Plans
    capacity: Capacity
    cost: Cost
    residency: tuple[ResidencyRow, ...]
    environment: Environment
    content_security_policy: str
    preview_plans: Mapping[str, str]

    @property
    def blueprint_link(self) -> str:
        """Give the address at which Render creates this store's Blueprint.

        Source: README of ojusave/route-lab for the `path` parameter.
        """
        return (
            "https://dashboard.render.com/blueprint/new"
            f"?repo=https://github.com/{self.repository}&path=render%2Frender.yaml"
        )

    @property
    def previews(self) -> bool:
        """Tell whether Render previews a pull request; its Pro workspace does."""
        return self.plans.workspace.id == "pro"

    @property
    def free_api(self) -> bool:
        """Tell whether the API runs on the free plan, which has no pre-deploy step."""
        return self.plans.api.id == "free"

    @property
    def free_database(self) -> bool:
        """Tell whether PostgreSQL is on the free plan, which has no connection pool."""
        return self.plans.postgres.id == "free"

    @property
    def free_cache(self) -> bool:
        """Tell whether Key Value is on the free plan, which keeps nothing on disk."""
        return self.plans.key_value.id == "free"

    @property
    def disk_gb(self) -> int:
        """Give the database's disk in GB."""
        return disk_size(self.tier, self.plans.postgres.id)

    @property
    def watches_api(self) -> bool:
        """Tell whether a second uptime check watches the API."""
        return watches_api(self.plans)

    @property
    def restore_note(self) -> str:
        """Say how far back the database can be restored."""
        if self.free_database:
            return "The free database has no backups."
        days = self.plans.workspace.recovery_days
        return f"The database can be restored to any moment of the last {days} days."

    @property
    def limits(self) -> tuple[str, ...]:
        """List why this store may not sell yet, one sentence per plan."""
        plans = (self.plans.vercel, self.plans.api, self.plans.postgres, self.plans.key_value)
        return tuple(plan.not_for_selling for plan in plans if plan.not_for_selling)

    @property
    def examples_left(self) -> tuple[str, ...]:
        """Name the answers that still hold the questionnaire's example."""
        examples = {
            "repository": self.repository.startswith("my-organisation/"),
            "alert_email": self.alert_email.endswith("@example.com"),
        }
        return tuple(name for name, left in examples.items() if left)


def resolve(
    catalog: Catalog, answers: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> Store:
    """Turn answers into the store that they describe.

    `before` are the answers that an existing store was generated with.

    Raises:
        AnswerError: an answer, or a combination of answers, that no store may have.

    """
    for question, rule in TEXT_RULES.items():
        if problem := rule(answers[question]):
            raise AnswerError(problem)
    region = catalog.regions[answers["region"]]
    tier = catalog.tiers[answers["tier"]]
    replay = answers["enable_logrocket"]
    plans = choose_plans(
        catalog, tier, answers, customized=answers["customize_plans"], replay=replay
    )
    disk_gb = disk_size(tier, plans.postgres.id)
    if problem := shrinking_problem(catalog, before or {}, plans, disk_gb):
        raise AnswerError(problem)
    capacity = capacity_for(tier, plans)
    return Store(
        name=answers["store_name"],
        slug=answers["store_slug"],
        repository=answers["repository"],
        domain=answers["domain"],
        alert_email=answers["alert_email"],
        starter=answers["include_starter"],
        replay=replay,
        region=region,
        tier=tier,
        plans=plans,
        capacity=capacity,
        cost=cost_of(catalog, tier, plans, capacity),
        residency=residency_of(region, replay=replay),
        environment=environment_of(
            answers["store_slug"],
            {
                "domain": answers["domain"],
                "sentry_url": region.sentry_url,
                "traces_sample_rate": tier.traces_sample_rate,
                "pool_size": capacity.pool_size,
                "workers": capacity.workers,
                "pooled": plans.postgres.id != "free",
                "replay": replay,
            },
        ),
        content_security_policy=content_security_policy(catalog, region, replay=replay),
        preview_plans=_preview_plans(catalog, tier),
    )


def _preview_plans(catalog: Catalog, tier: Tier) -> Mapping[str, str]:
    """Give the plans of preview environments; a standby needs a database that may have one."""
    if not tier.high_availability:
        return catalog.preview_plans
    large_enough = next(
        plan.id
        for plan in catalog.plans["postgres_plan"].values()
        if plan.cpu >= catalog.high_availability_min_cpu
    )
    return {**catalog.preview_plans, "postgres": large_enough}
