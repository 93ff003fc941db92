"""The vendors' facts, read from `extensions/catalog/*.yml` into typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CATALOG_FOLDER = Path(__file__).parent.parent / "catalog"

PLAN_QUESTIONS: Mapping[str, tuple[str, str]] = {
    "vercel_plan": ("vercel", "plans"),
    "api_plan": ("render", "web"),
    "postgres_plan": ("render", "postgres"),
    "key_value_plan": ("render", "key_value"),
    "cloudinary_plan": ("cloudinary", "plans"),
    "sentry_plan": ("sentry", "plans"),
    "logrocket_plan": ("logrocket", "plans"),
}
"""Which catalogue file and section each plan question chooses from."""


@dataclass(frozen=True)
class Plan:
    """One plan of one vendor.

    `monthly` is USD per month; `price_certain` is false where the price was inferred or seen
    once only. `not_for_selling` is the reason why a shop may not use it, empty where it may.
    A `deprecated` plan stays a valid answer and is no longer recommended. Limits that a vendor
    does not state are 0.
    """

    id: str
    size: str
    monthly: float
    price_certain: bool
    not_for_selling: str
    deprecated: bool
    cpu: float
    memory_mb: int
    connections: int
    max_duration_seconds: int
    recovery_days: int

    @property
    def label(self) -> str:
        """Give the line that a person chooses from: name, size, price."""
        note = " (deprecated)" if self.deprecated else ""
        return f"{self.id}{note}: {self.size}, {price_label(self.monthly, self.price_certain)}"


@dataclass(frozen=True)
class Region:
    """Where each vendor's part of a store runs."""

    id: str
    place: str
    country: str
    vercel: str
    vercel_place: str
    sentry: str
    sentry_place: str
    sentry_url: str
    sentry_ingest: str


@dataclass(frozen=True)
class Tier:
    """What one tier starts with; `disk_gb` is the database's disk in GB."""

    id: str
    summary: str
    sells: bool
    min_instances: int
    max_instances: int
    high_availability: bool
    disk_gb: int
    traces_sample_rate: float
    plans: Mapping[str, str]


@dataclass(frozen=True)
class Source:
    """Where a vendor's facts come from and the day they were read."""

    vendor: str
    as_of: date
    source: str


@dataclass(frozen=True)
class Catalog:
    """All facts together; `plans` maps a question's key to its plans, cheapest first."""

    plans: Mapping[str, Mapping[str, Plan]]
    workspaces: Mapping[str, Plan]
    regions: Mapping[str, Region]
    tiers: Mapping[str, Tier]
    sources: Mapping[str, Source]
    storage_monthly_per_gb: float
    high_availability_min_cpu: float
    preview_plans: Mapping[str, str]
    uptime_check_monthly: float
    delivery_host: str
    logrocket_script_hosts: tuple[str, ...]
    logrocket_connect_hosts: tuple[str, ...]


def price_label(monthly: float, certain: bool = True) -> str:
    """Give a price in words, such as `$7/month` or `about $85/month`."""
    if not monthly:
        return "free"
    amount = f"${monthly:,.0f}" if float(monthly).is_integer() else f"${monthly:,.2f}"
    return f"{amount}/month" if certain else f"about {amount}/month"


@cache
def load_catalog() -> Catalog:
    """Read the catalogue once per loaded template version.

    Raises:
        KeyError, yaml.YAMLError: a catalogue file is damaged, a defect of the template.

    """
    files = {
        path.stem: _read(path)
        for path in sorted(CATALOG_FOLDER.glob("*.yml"))
        if path.name != "environment.yml"
    }
    render, logrocket = files["render"], files["logrocket"]
    return Catalog(
        plans={
            question: _plans(files[vendor][section])
            for question, (vendor, section) in PLAN_QUESTIONS.items()
        },
        workspaces=_plans(render["workspace"]),
        regions=_regions(files["regions"]),
        tiers={key: _tier(key, value) for key, value in files["tiers"]["tiers"].items()},
        sources={
            name: Source(name, content["as_of"], content["source"])
            for name, content in files.items()
        },
        storage_monthly_per_gb=render["storage"]["monthly_per_gb"],
        high_availability_min_cpu=render["high_availability"]["min_cpu"],
        preview_plans=render["preview_plans"],
        uptime_check_monthly=files["sentry"]["further_uptime_check"]["monthly"],
        delivery_host=files["cloudinary"]["delivery_host"],
        logrocket_script_hosts=tuple(logrocket["script_hosts"]),
        logrocket_connect_hosts=tuple(logrocket["connect_hosts"]),
    )


def _read(path: Path) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path.open("rb") as stream:
        return yaml.load(stream, Loader=loader)  # noqa: S506 - a safe loader, in C where built


def _plans(section: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Plan]:
    return {
        key: Plan(
            id=key,
            size=value["size"],
            monthly=value["monthly"],
            price_certain=not value.get("check", False),
            not_for_selling=value.get("not_for_selling", ""),
            deprecated=value.get("deprecated", False),
            cpu=value.get("cpu", 0),
            memory_mb=value.get("memory_mb", 0),
            connections=value.get("connections", 0),
            max_duration_seconds=value.get("max_duration_seconds", 0),
            recovery_days=value.get("recovery_days", 0),
        )
        for key, value in section.items()
    }


def _regions(content: Mapping[str, Any]) -> Mapping[str, Region]:
    regions = {}
    for key, value in content["regions"].items():
        sentry = content["sentry"][value["sentry"]]
        regions[key] = Region(
            id=key,
            place=value["place"],
            country=value["country"],
            vercel=value["vercel"],
            vercel_place=value["vercel_place"],
            sentry=value["sentry"],
            sentry_place=sentry["place"],
            sentry_url=sentry["url"],
            sentry_ingest=sentry["ingest"],
        )
    return regions


def _tier(key: str, value: Mapping[str, Any]) -> Tier:
    return Tier(
        id=key,
        summary=value["summary"],
        sells=value["sells"],
        min_instances=value["instances"]["min"],
        max_instances=value["instances"]["max"],
        high_availability=value["high_availability"],
        disk_gb=value["disk_gb"],
        traces_sample_rate=value["traces_sample_rate"],
        plans={f"{name}_plan": plan for name, plan in value["plans"].items()},
    )
