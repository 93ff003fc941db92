"""What the API takes from its environment. Each name is declared in env.yml."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from render.api.cloudinary import Account, AccountUrl
from render.api.settings import Origin, SentryDsn, begins_with, load, not_set

# As env.yml's required_in, for what some environments do without.
REQUIRED_IN: Mapping[str, tuple[str, ...]] = {
    "render_git_commit": ("preview", "production"),
    "storefront_origin": ("local", "production"),
    "revalidate_secret": ("local", "production"),
    "cloudinary_url": ("production",),
    "sentry_dsn": ("production",),
}
# Those that no vendor issues.
SECRETS = ("admin_token", "revalidate_secret", "storefront_secret")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        # A host's dashboard keeps a cleared variable as an empty string: that counts as not set.
        env_ignore_empty=True,
        frozen=True,
        # What is said of a setting that is missing.
        use_attribute_docstrings=True,
    )

    environment: Literal["local", "preview", "production"]
    """name of the environment: local, preview or production"""
    render_git_commit: str | None = None
    """release of the API, the commit that the host builds"""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """least severe level that the API logs"""
    database_url: Annotated[SecretStr, begins_with("postgresql://")]
    """PostgreSQL for requests, a postgresql:// address"""
    database_pool_size: int = Field(default=5, ge=1)
    """connections that each API process may hold"""
    cache_url: Annotated[SecretStr, begins_with("redis://", "rediss://")]
    """Key Value, for cache and rate limits, a redis:// address"""
    admin_token: SecretStr
    """bearer token of whoever changes the catalogue"""
    storefront_origin: Origin | None = None
    """address of the storefront, whose pages the API refreshes"""
    revalidate_secret: SecretStr | None = None
    """signs the call that refreshes the storefront's pages"""
    storefront_secret: SecretStr | None = None
    """proves that a request comes through the storefront"""
    require_storefront_secret: bool = False
    """whether requests without it share the limits of one client"""
    media_folder: str = Field(pattern=r"^[\w-]+(/[\w-]+)+$")
    """Cloudinary folder for uploads: store/environment"""
    cloudinary_url: AccountUrl | None = None
    """Cloudinary account for uploads: cloudinary://key:secret@cloud"""
    stripe_secret_key: SecretStr | None = None
    """Stripe account that customers pay"""
    stripe_webhook_secret: Annotated[SecretStr, begins_with("whsec_")] | None = None
    """proves that an event comes from Stripe"""
    stripe_origin: str | None = None
    """address of the stand-in for Stripe, on a laptop"""
    sentry_dsn: SentryDsn | None = None
    """where the API reports errors and traces"""
    sentry_traces_sample_rate: float = Field(default=0, ge=0, le=1)
    """share of requests that are traced, 0 to 1"""

    @property
    def release(self) -> str:
        return self.render_git_commit or "local"

    @property
    def cloudinary(self) -> Account | None:
        url = self.cloudinary_url
        return Account.from_url(url.get_secret_value()) if url else None

    @field_validator("require_storefront_secret")
    @classmethod
    def _has_the_secret(cls, value: bool, info: ValidationInfo) -> bool:
        if value and not info.data.get("storefront_secret"):
            raise ValueError("it needs STOREFRONT_SECRET")
        return value

    @field_validator("stripe_secret_key")
    @classmethod
    def _is_a_secret_key(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        form = r"(sk|rk)_(test|live)_\w+"
        if value is not None and not re.fullmatch(form, value.get_secret_value(), re.ASCII):
            raise ValueError("it has to look like sk_live_... or rk_live_...")
        is_live = info.data.get("environment") == "production"
        if value is not None and is_live and not info.data.get("require_storefront_secret"):
            # Past the storefront nobody has an address that counts, and orders hold the stock.
            raise ValueError("it needs REQUIRE_STOREFRONT_SECRET")
        return value


def load_settings() -> Settings:
    """Read the environment, or end the process and name everything that is wrong with it."""
    return load(Settings, required_in=REQUIRED_IN, secrets=SECRETS, unfit=_unfit_here)


def _unfit_here(environ: Mapping[str, str]) -> Iterator[str]:
    """Name what would do on a laptop."""
    environment = environ.get("ENVIRONMENT", "")
    if environ.get("STRIPE_SECRET_KEY") and not environ.get("STRIPE_WEBHOOK_SECRET"):
        yield not_set(Settings, "stripe_webhook_secret")
    if environment not in {"preview", "production"}:
        return
    if environ.get("STRIPE_ORIGIN"):
        yield "STRIPE_ORIGIN is for laptops: Stripe itself is asked here."
    if environ.get("STOREFRONT_ORIGIN", "").startswith("http://"):
        yield "STOREFRONT_ORIGIN is not usable: it has to start with https://."
    folder = environ.get("MEDIA_FOLDER", "")
    if folder and not folder.endswith(f"/{environment}"):
        yield f"MEDIA_FOLDER is another environment's: it has to end with /{environment}."
