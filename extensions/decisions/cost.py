"""What a store costs each month, item by item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .capacity import Capacity
from .catalog import Catalog, Cloudinary, LogRocket, Plan, Render, Sentry, Tier, Vercel, price_label
from .plans import Plans

Vendor = Vercel | Render | Cloudinary | Sentry | LogRocket
STANDBY = " and its standby"


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
    source: str

    @property
    def part(self) -> str:
        """Return what is paid for, the same with and without a standby."""
        return self.what.removesuffix(STANDBY)

    @property
    def price(self) -> str:
        """Return the amount as a table cell, marked with `*` where the price is uncertain."""
        return f"${self.monthly:,.2f}" + ("" if self.certain else " \\*")


@dataclass(frozen=True)
class Cost:
    """A store's itemised bill."""

    items: tuple[CostItem, ...]

    @property
    def monthly(self) -> float:
        """Return the sum in USD per month at the smallest number of instances."""
        return round(sum(item.monthly for item in self.items), 2)

    @property
    def most(self) -> float:
        """Return the sum in USD per month when autoscaling is at its largest."""
        return round(sum(item.most for item in self.items), 2)

    @property
    def certain(self) -> bool:
        """Return whether every price in the sum is certain."""
        return all(item.certain for item in self.items)

    @property
    def as_of(self) -> date:
        """Return the day of the oldest price in the sum."""
        return min(item.as_of for item in self.items)

    @property
    def label(self) -> str:
        """Return the sum in words."""
        return price_label(self.monthly, self.certain)


def cost_of(catalog: Catalog, tier: Tier, plans: Plans, capacity: Capacity) -> Cost:
    """Return what the vendors charge for these plans, item by item."""
    render, copies = catalog.render, 2 if tier.high_availability else 1
    items = [
        _item(catalog.vercel, "Storefront", plans.vercel),
        _item(render, "Workspace", plans.workspace),
        _item(render, "API", plans.api, capacity.min_instances, capacity.max_instances),
        _item(render, "PostgreSQL" + _with_standby(tier), plans.postgres, copies),
    ]
    if plans.postgres.id != "free":
        items.append(_storage(render, tier, copies))
    items.append(_item(render, "Key Value", plans.key_value))
    items.append(_item(catalog.cloudinary, "Images", plans.cloudinary))
    items.append(_item(catalog.sentry, "Errors and traces", plans.sentry))
    if watches_api(plans):
        items.append(_second_uptime_check(catalog.sentry))
    if plans.logrocket:
        items.append(_item(catalog.logrocket, "Session replay", plans.logrocket))
    return Cost(tuple(items))


def watches_api(plans: Plans) -> bool:
    """Return whether a second uptime check watches the API.

    A free API sleeps and would only be kept awake by it; Sentry's free plan has one check.
    """
    return plans.api.id != "free" and plans.sentry.id != "developer"


def _item(vendor: Vendor, what: str, plan: Plan, count: int = 1, most: int = 0) -> CostItem:
    return CostItem(
        vendor=vendor.vendor,
        what=what,
        plan=plan.id,
        quantity=f"{count} to {most}" if most > count else str(count),
        monthly=plan.monthly * count,
        most=plan.monthly * max(count, most),
        certain=not plan.check,
        as_of=vendor.as_of,
        source=vendor.source,
    )


def _second_uptime_check(sentry: Sentry) -> CostItem:
    price = sentry.further_uptime_check
    return CostItem(
        vendor=sentry.vendor,
        what="Second uptime check",
        plan="pay as you go",
        quantity="1",
        monthly=price.monthly,
        most=price.monthly,
        certain=not price.check,
        as_of=sentry.as_of,
        source=sentry.source,
    )


def _storage(render: Render, tier: Tier, copies: int) -> CostItem:
    monthly = round(render.storage.monthly_per_gb * tier.disk_gb * copies, 2)
    return CostItem(
        vendor=render.vendor,
        what="PostgreSQL storage" + _with_standby(tier),
        plan=f"${render.storage.monthly_per_gb:.2f} per GB",
        quantity=f"{copies} x {tier.disk_gb} GB" if copies > 1 else f"{tier.disk_gb} GB",
        monthly=monthly,
        most=monthly,
        certain=True,
        as_of=render.as_of,
        source=render.source,
    )


def _with_standby(tier: Tier) -> str:
    return STANDBY if tier.high_availability else ""
