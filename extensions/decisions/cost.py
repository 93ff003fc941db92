"""What a store costs each month, item by item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .capacity import Capacity
from .catalog import Catalog, Plan, Tier, price_label
from .plans import Plans


@dataclass(frozen=True)
class CostItem:
    """One line of the bill; amounts are USD per month.

    `most` is the amount when autoscaling is at its largest.
    """

    vendor: str
    what: str
    plan: str
    quantity: str
    monthly: float
    most: float
    certain: bool
    as_of: date

    @property
    def price(self) -> str:
        """Give the amount as a table cell, marked with `*` where the price is uncertain."""
        return f"${self.monthly:,.2f}" + ("" if self.certain else " \\*")


@dataclass(frozen=True)
class Cost:
    """A store's itemised bill."""

    items: tuple[CostItem, ...]

    @property
    def monthly(self) -> float:
        """Give the sum in USD per month at the smallest number of instances."""
        return round(sum(item.monthly for item in self.items), 2)

    @property
    def most(self) -> float:
        """Give the sum in USD per month when autoscaling is at its largest."""
        return round(sum(item.most for item in self.items), 2)

    @property
    def certain(self) -> bool:
        """Tell whether every price in the sum is certain."""
        return all(item.certain for item in self.items)

    @property
    def as_of(self) -> date:
        """Give the day of the oldest price in the sum."""
        return min(item.as_of for item in self.items)

    @property
    def label(self) -> str:
        """Give the sum in words."""
        return price_label(self.monthly, self.certain)


def cost_of(catalog: Catalog, tier: Tier, plans: Plans, capacity: Capacity) -> Cost:
    """Itemise what the vendors charge for these plans."""
    as_of = {vendor: source.as_of for vendor, source in catalog.sources.items()}

    def item(vendor: str, what: str, plan: Plan, count: int = 1, most: int = 0) -> CostItem:
        return CostItem(
            vendor=vendor,
            what=what,
            plan=plan.id,
            quantity=f"{count} to {most}" if most > count else str(count),
            monthly=plan.monthly * count,
            most=plan.monthly * max(count, most),
            certain=plan.price_certain,
            as_of=as_of[vendor.lower()],
        )

    copies = 2 if tier.high_availability else 1
    items = [
        item("Vercel", "Storefront", plans.vercel),
        item("Render", "Workspace", plans.workspace),
        item("Render", "API", plans.api, capacity.min_instances, capacity.max_instances),
        item("Render", "PostgreSQL" + _with_standby(tier), plans.postgres, copies),
    ]
    if plans.postgres.id != "free":
        items.append(_storage(catalog, tier, copies))
    items.append(item("Render", "Key Value", plans.key_value))
    items.append(item("Cloudinary", "Images", plans.cloudinary))
    items.append(item("Sentry", "Errors and traces", plans.sentry))
    if watches_api(plans):
        items.append(_second_uptime_check(catalog))
    if plans.logrocket:
        items.append(item("LogRocket", "Session replay", plans.logrocket))
    return Cost(tuple(items))


def watches_api(plans: Plans) -> bool:
    """Tell whether a second uptime check watches the API.

    A free API sleeps and would only be kept awake by it; Sentry's free plan has one check.
    """
    return plans.api.id != "free" and plans.sentry.id != "developer"


def _second_uptime_check(catalog: Catalog) -> CostItem:
    monthly = catalog.uptime_check_monthly
    return CostItem(
        vendor="Sentry",
        what="Second uptime check",
        plan="pay as you go",
        quantity="1",
        monthly=monthly,
        most=monthly,
        certain=False,
        as_of=catalog.sources["sentry"].as_of,
    )


def _storage(catalog: Catalog, tier: Tier, copies: int) -> CostItem:
    monthly = round(catalog.storage_monthly_per_gb * tier.disk_gb * copies, 2)
    return CostItem(
        vendor="Render",
        what="PostgreSQL storage" + _with_standby(tier),
        plan=f"${catalog.storage_monthly_per_gb:.2f} per GB",
        quantity=f"{copies} x {tier.disk_gb} GB" if copies > 1 else f"{tier.disk_gb} GB",
        monthly=monthly,
        most=monthly,
        certain=True,
        as_of=catalog.sources["render"].as_of,
    )


def _with_standby(tier: Tier) -> str:
    return " and its standby" if tier.high_availability else ""
