"""One resolved description of a store: all that the template's files print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .capacity import Capacity
from .catalog import Catalog, PreviewPlans, Region, SentryLocation, Tier, load_catalog
from .cost import Cost, cost_of, watches_api
from .environment import Environment, environment_of
from .errors import AnswerError
from .headers import content_security_policy
from .names import (
    alert_email_problem,
    domain_problem,
    repository_problem,
    shown,
    store_name_problem,
    store_slug_problem,
)
from .plans import (
    Plans,
    capacity_for,
    choose_plans,
    disk_size,
    shrinking_problem,
    standby_plans,
)


def country_problem(value: str) -> str:
    """Check the two letters of a country; empty in a store that was never asked."""
    countries = load_catalog().currencies
    if not value or value in countries:
        return ""
    return (
        f"Example: DE. {shown(value)} is not a country to sell from: write the two letters of "
        f"one of {', '.join(sorted(countries))}."
    )


TEXT_RULES = {
    "store_name": store_name_problem,
    "store_slug": store_slug_problem,
    "repository": repository_problem,
    "country": country_problem,
    "domain": domain_problem,
    "alert_email": alert_email_problem,
}
"""The check of each freely typed answer."""

CURRENCY_OF_EARLIER_STORES = "EUR"


@dataclass(frozen=True)
class Store:
    """Everything that follows from a store's answers."""

    name: str
    slug: str
    repository: str
    domain: str
    alert_email: str
    starter: bool
    region: Region
    country: str
    """Two letters; empty in a store that was never asked."""
    currency: str
    european_union: tuple[str, ...]
    sentry: SentryLocation
    tier: Tier
    plans: Plans
    capacity: Capacity
    cost: Cost
    environment: Environment
    content_security_policy: str
    preview_plans: PreviewPlans
    is_new: bool
    """Whether it gets `api/` and `storefront/`, which an update leaves alone."""

    @property
    def replay(self) -> bool:
        """Return whether LogRocket records sessions."""
        return self.plans.logrocket is not None

    @property
    def home(self) -> str:
        """Return the country that a new store sells from, by its two letters."""
        return self.country or self.region.code

    @property
    def union(self) -> str:
        """Return the other countries of the European Union, if it sells from there."""
        members = self.european_union
        others = (country for country in members if country != self.home)
        return " ".join(others) if self.home in members else ""

    @property
    def blueprint_link(self) -> str:
        """Return the address at which Render creates this store's Blueprint.

        Source: README of ojusave/route-lab for the `path` parameter.
        """
        return (
            "https://dashboard.render.com/blueprint/new"
            f"?repo=https://github.com/{self.repository}&path=render%2Frender.yaml"
        )

    @property
    def previews(self) -> bool:
        """Return whether Render previews pull requests; its Pro workspace does."""
        return self.plans.workspace.id == "pro"

    @property
    def free_api(self) -> bool:
        """Return whether the API runs on the free plan, which has no pre-deploy step."""
        return self.plans.api.id == "free"

    @property
    def free_database(self) -> bool:
        """Return whether PostgreSQL is on the free plan, which has no connection pool."""
        return self.plans.postgres.id == "free"

    @property
    def free_cache(self) -> bool:
        """Return whether Key Value is on the free plan, which keeps nothing on disk."""
        return self.plans.key_value.id == "free"

    @property
    def disk_gb(self) -> int:
        """Return the database's disk in GB."""
        return disk_size(self.tier, self.plans.postgres.id)

    @property
    def watches_api(self) -> bool:
        """Return whether a second uptime check watches the API."""
        return watches_api(self.plans)

    @property
    def limits(self) -> tuple[str, ...]:
        """Return why this store may not sell yet, one sentence for each plan."""
        plans = (self.plans.vercel, self.plans.api, self.plans.postgres, self.plans.key_value)
        return tuple(plan.not_for_selling for plan in plans if plan.not_for_selling)

    @property
    def examples_left(self) -> tuple[str, ...]:
        """Return the questions whose answer is still the questionnaire's example."""
        examples = {
            "repository": self.repository.startswith("my-organisation/"),
            "alert_email": self.alert_email.endswith("@example.com"),
        }
        return tuple(name for name, left in examples.items() if left)


def resolve(
    catalog: Catalog, answers: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> Store:
    """Return the store that the answers describe.

    `before` are the answers that an existing store was generated with.

    Raises:
        AnswerError: an answer, or a combination of answers, that no store may have.

    """
    for question, rule in TEXT_RULES.items():
        if problem := rule(answers[question]):
            raise AnswerError(problem)
    region = catalog.regions[answers["region"]]
    tier = catalog.tiers[answers["tier"]]
    plans = choose_plans(catalog, tier, answers)
    sentry, replay = catalog.sentry_of(region), plans.logrocket is not None
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
        region=region,
        country=answers["country"],
        currency=catalog.currencies.get(answers["country"], CURRENCY_OF_EARLIER_STORES),
        european_union=tuple(catalog.country_file.european_union),
        sentry=sentry,
        tier=tier,
        plans=plans,
        capacity=capacity,
        cost=cost_of(catalog, tier, plans, capacity),
        environment=environment_of(
            answers["store_slug"],
            {
                "domain": answers["domain"],
                "sentry_url": sentry.url,
                "traces_sample_rate": tier.traces_sample_rate,
                "pool_size": capacity.pool_size,
                "workers": capacity.workers,
                "pooled": plans.postgres.id != "free",
                "replay": replay,
                "starter": answers["include_starter"],
            },
        ),
        content_security_policy=content_security_policy(catalog, sentry, replay=replay),
        preview_plans=_preview_plans(catalog, tier),
        is_new=not before,
    )


def _preview_plans(catalog: Catalog, tier: Tier) -> PreviewPlans:
    """Return the plans of preview environments; a standby needs a database that may have one."""
    plans = catalog.render.preview_plans
    if not tier.high_availability:
        return plans
    return plans.model_copy(update={"postgres": standby_plans(catalog)[0]})
