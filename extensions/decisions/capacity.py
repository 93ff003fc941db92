"""How many processes run and how many database connections each may hold."""

from __future__ import annotations

from dataclasses import dataclass

from .catalog import PostgresPlan, Tier, WebPlan
from .errors import AnswerError

RESERVED_CONNECTIONS = 10
"""Kept free: 3 that PostgreSQL reserves for its superuser, 2 for a migration, 5 for people."""

ROLLING_DEPLOY_FACTOR = 2
"""While a deploy rolls, every old instance may run beside its successor."""

POOL_WANTED = 10
POOL_LEAST = 2


@dataclass(frozen=True)
class Capacity:
    """The API's processes, and the connections that each one's pool may open."""

    min_instances: int
    max_instances: int
    workers: int
    pool_size: int

    @property
    def autoscaled(self) -> bool:
        """Return whether the number of instances follows the load."""
        return self.max_instances > self.min_instances

    @property
    def most_connections(self) -> int:
        """Return the connections that the API can hold at once, in the middle of a deploy."""
        return self.pool_size * self.workers * self.max_instances * ROLLING_DEPLOY_FACTOR


def plan_capacity(tier: Tier, api: WebPlan, postgres: PostgresPlan) -> Capacity:
    """Return how the API's processes share the database's connections.

    Raises:
        AnswerError: the database allows fewer than two connections per process.

    """
    workers = max(1, int(api.cpu))
    processes = workers * tier.instances.max * ROLLING_DEPLOY_FACTOR
    usable = postgres.connections - RESERVED_CONNECTIONS
    pool_size = min(POOL_WANTED, usable // processes)
    if pool_size < POOL_LEAST:
        raise AnswerError(
            f"postgres_plan {postgres.id} allows {postgres.connections} connections, "
            f"{usable} of them for the API. Up to {tier.instances.max} instances of api_plan "
            f"{api.id} with {workers} workers each, twice over during a deploy, are {processes} "
            f"processes and need {processes * POOL_LEAST}: choose a larger postgres_plan or a "
            "smaller api_plan."
        )
    return Capacity(tier.instances.min, tier.instances.max, workers, pool_size)
