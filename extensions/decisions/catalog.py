"""The vendors' facts: `extensions/catalog/*.yml`, checked and typed.

Each model is named after the keys that it reads, so that a mistake is told with its path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from .errors import CatalogError

CATALOG_FOLDER = Path(__file__).parent.parent / "catalog"


@dataclass(frozen=True)
class PlanQuestion:
    """Where a plan question finds its plans, and the yes-or-no questions that it depends on.

    Unless all of `needs` are answered yes, the question is not asked and the tier's plan is used.
    """

    file: str
    section: str
    needs: tuple[str, ...] = ("customize_plans",)


PLAN_QUESTIONS: Mapping[str, PlanQuestion] = {
    "vercel_plan": PlanQuestion("vercel", "plans"),
    "api_plan": PlanQuestion("render", "web"),
    "postgres_plan": PlanQuestion("render", "postgres"),
    "key_value_plan": PlanQuestion("render", "key_value"),
    "cloudinary_plan": PlanQuestion("cloudinary", "plans"),
    "sentry_plan": PlanQuestion("sentry", "plans"),
    "logrocket_plan": PlanQuestion("logrocket", "plans", ("customize_plans", "enable_logrocket")),
}


def _with_ids(section: Any) -> Any:
    """Put each entry's key into it."""
    if not isinstance(section, Mapping):
        return section
    return {
        key: {"id": key, **entry} if isinstance(entry, Mapping) else entry
        for key, entry in section.items()
    }


Entry = TypeVar("Entry")
ById = Annotated[dict[str, Entry], BeforeValidator(_with_ids)]


class Facts(BaseModel):
    """A part of a catalogue file; a key that is missing, misspelt or of another type is refused."""

    # Only `Catalog` is validated by itself: building a validator for each part takes time.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Source(Facts):
    """A catalogue file: where its facts come from and the day they were read."""

    as_of: date
    source: str = Field(min_length=1)


class Plan(Facts):
    """One plan of one vendor.

    `monthly` is USD per month. `check` marks a price that was inferred or seen once only.
    `not_for_selling` is the reason why a shop may not use the plan. A `deprecated` plan stays a
    valid answer and is no longer recommended.
    """

    id: str
    size: str
    monthly: float
    check: bool = False
    not_for_selling: str | None = None
    deprecated: bool = False

    @property
    def label(self) -> str:
        """Return the line that a person chooses from: name, size, price."""
        note = " (deprecated)" if self.deprecated else ""
        return f"{self.id}{note}: {self.size}, {price_label(self.monthly, not self.check)}"


class VercelPlan(Plan):
    """A Vercel plan, and how long its functions may run."""

    max_duration_seconds: int


class WebPlan(Plan):
    """The size of one API instance."""

    cpu: float
    memory_mb: int


class PostgresPlan(WebPlan):
    """The size of a database, and the connections that it allows."""

    connections: int


class KeyValuePlan(Plan):
    """The size of a Key Value instance, and the connections that it allows."""

    memory_mb: int
    connections: int


class WorkspacePlan(Plan):
    """A Render workspace, and how far back it restores a database."""

    recovery_days: int


class Storage(Facts):
    """The price of the database's disk in USD."""

    monthly_per_gb: float


class HighAvailability(Facts):
    """The least that a database with a standby has."""

    min_cpu: float


class PreviewPlans(Facts):
    """The plans of preview environments."""

    web: str
    postgres: str
    key_value: str


class Render(Source):
    """`render.yml`."""

    vendor: ClassVar[str] = "Render"

    web: ById[WebPlan]
    postgres: ById[PostgresPlan]
    key_value: ById[KeyValuePlan]
    workspace: ById[WorkspacePlan]
    storage: Storage
    high_availability: HighAvailability
    preview_plans: PreviewPlans


class Vercel(Source):
    """`vercel.yml`."""

    vendor: ClassVar[str] = "Vercel"

    plans: ById[VercelPlan]


class Cloudinary(Source):
    """`cloudinary.yml`."""

    vendor: ClassVar[str] = "Cloudinary"

    plans: ById[Plan]
    delivery_host: str


class UptimeCheck(Facts):
    """The price of an uptime check in USD per month."""

    monthly: float
    check: bool = False


class Sentry(Source):
    """`sentry.yml`."""

    vendor: ClassVar[str] = "Sentry"

    plans: ById[Plan]
    further_uptime_check: UptimeCheck


class LogRocket(Source):
    """`logrocket.yml`."""

    vendor: ClassVar[str] = "LogRocket"

    plans: ById[Plan]
    script_hosts: list[str]
    connect_hosts: list[str]


class Region(Facts):
    """Where a store's parts run: `vercel` is Vercel's name of it, `sentry` Sentry's location.

    `code` are the two letters of its country.
    """

    id: str
    place: str
    country: str
    code: str
    vercel: str
    vercel_place: str
    sentry: str

    @property
    def label(self) -> str:
        """Return the place and its country; a city state is named once."""
        return self.place if self.place == self.country else f"{self.place}, {self.country}"


class SentryLocation(Facts):
    """Where Sentry keeps events, and its addresses there."""

    place: str
    url: str
    ingest: str


class Regions(Source):
    """`regions.yml`."""

    regions: ById[Region]
    sentry: dict[str, SentryLocation]


class Countries(Source):
    """`countries.yml`: the countries that have each currency, and those of one union."""

    currencies: dict[str, list[str]]
    european_union: list[str]


class Instances(Facts):
    """How many API instances run: the least, and the most that autoscaling starts."""

    min: int
    max: int


class Tier(Facts):
    """What one tier starts with; `disk_gb` is the database's disk in GB."""

    id: str
    summary: str
    sells: bool
    instances: Instances
    high_availability: bool
    disk_gb: int
    traces_sample_rate: float
    plans: dict[str, str]


class Tiers(Source):
    """`tiers.yml`."""

    tiers: ById[Tier]


class Catalog(Facts):
    """All facts together, one field for each file."""

    cloudinary: Cloudinary
    country_file: Countries = Field(alias="countries")
    logrocket: LogRocket
    region_file: Regions = Field(alias="regions")
    render: Render
    sentry: Sentry
    tier_file: Tiers = Field(alias="tiers")
    vercel: Vercel

    @property
    def regions(self) -> Mapping[str, Region]:
        """Return the regions by id."""
        return self.region_file.regions

    @property
    def currencies(self) -> Mapping[str, str]:
        """Return the currency of each country, by the country's two letters."""
        currencies = self.country_file.currencies.items()
        return {country: currency for currency, countries in currencies for country in countries}

    @property
    def tiers(self) -> Mapping[str, Tier]:
        """Return the tiers by id, the smallest first."""
        return self.tier_file.tiers

    @property
    def plans(self) -> Mapping[str, Mapping[str, Plan]]:
        """Return the plans that each plan question offers, the cheapest first."""
        return {
            question: getattr(getattr(self, where.file), where.section)
            for question, where in PLAN_QUESTIONS.items()
        }

    def sentry_of(self, region: Region) -> SentryLocation:
        """Return where Sentry keeps the events of a region."""
        return self.region_file.sentry[region.sentry]


def price_label(monthly: float, certain: bool = True) -> str:
    """Return a price in words, such as `$7/month` or `about $85/month`."""
    if not monthly:
        return "free"
    amount = f"${monthly:,.0f}" if monthly.is_integer() else f"${monthly:,.2f}"
    return f"{amount}/month" if certain else f"about {amount}/month"


@cache
def load_catalog() -> Catalog:
    """Read and check the catalogue, once for each loaded release of the template.

    Raises:
        CatalogError: a catalogue file is damaged, a defect of the template.

    """
    names = [field.alias or name for name, field in Catalog.model_fields.items()]
    return catalog_of({name: _read(CATALOG_FOLDER / f"{name}.yml") for name in names})


def catalog_of(files: Mapping[str, Any]) -> Catalog:
    """Check what the catalogue files hold.

    Raises:
        CatalogError: names the file and the path of every mistake.

    """
    try:
        catalog = Catalog.model_validate(files)
    except ValidationError as error:
        mistakes = [_mistake(details["loc"], details["msg"]) for details in error.errors()]
    else:
        mistakes = list(_dangling(catalog))
    if mistakes:
        raise CatalogError("\n".join(mistakes))
    return catalog


def _dangling(catalog: Catalog) -> Iterator[str]:
    """Return each reference to an entry that is not there."""
    for tier in catalog.tiers.values():
        for question, plans in catalog.plans.items():
            if (plan := tier.plans.get(question)) not in plans:
                yield _mistake(("tiers", "tiers", tier.id, "plans", question), f"no plan {plan}")
    for section, plan in catalog.render.preview_plans:
        if plan not in getattr(catalog.render, section):
            yield _mistake(("render", "preview_plans", section), f"no plan {plan}")
    currencies = catalog.currencies
    for region in catalog.regions.values():
        path = ("regions", "regions", region.id)
        if region.sentry not in catalog.region_file.sentry:
            yield _mistake((*path, "sentry"), f"no location {region.sentry}")
        if region.code not in currencies:
            yield _mistake((*path, "code"), f"no country {region.code}")


def _mistake(path: tuple[str | int, ...], problem: str) -> str:
    file, *keys = map(str, path)
    return f"{file}.yml: {'.'.join(keys)}: {problem}" if keys else f"{file}.yml: {problem}"


def load_yaml(text: str | bytes) -> Any:
    """Return what a YAML text holds, ten times as fast as `yaml.safe_load` where C is built in.

    Raises:
        yaml.YAMLError: it is not YAML.

    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, Loader=loader)  # noqa: S506 - both are safe loaders


def _read(path: Path) -> Any:
    try:
        return load_yaml(path.read_bytes())
    except (OSError, yaml.YAMLError) as error:
        raise CatalogError(f"{path.name}: {error}") from error
