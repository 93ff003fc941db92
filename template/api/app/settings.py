"""What the API takes from its environment. Each name is declared in env.yml."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Self
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from uvicorn.config import STARTUP_FAILURE

# As env.yml's required_in, for what some environments do without.
REQUIRED_IN: Mapping[str, tuple[str, ...]] = {
    "render_git_commit": ("preview", "production"),
    "storefront_origin": ("local", "production"),
    "revalidate_secret": ("local", "production"),
    "cloudinary_url": ("production",),
    "sentry_dsn": ("production",),
}
# What .env.example gives every laptop is known to everybody.
PLACEHOLDER = "local-only-"
# Those that no vendor issues. A generated one has more characters than this.
SECRETS = ("admin_token", "revalidate_secret", "storefront_secret")
SECRET_MIN_CHARACTERS = 32


@dataclass(frozen=True)
class CloudinaryAccount:
    cloud: str
    key: str
    secret: SecretStr
    api: str = "https://api.cloudinary.com"

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read cloudinary://key:secret@cloud; `?upload_prefix=` names another region's API."""
        parts = urlsplit(url)
        # Not parts.hostname, which is in lower case.
        cloud = parts.netloc.rpartition("@")[2]
        if parts.scheme != "cloudinary" or not (cloud and parts.username and parts.password):
            raise ValueError("it has to look like cloudinary://key:secret@cloud")
        prefix = parse_qs(parts.query).get("upload_prefix", [cls.api])[0]
        secret = SecretStr(unquote(parts.password))
        return cls(cloud, unquote(parts.username), secret, prefix.rstrip("/"))


class Settings(BaseSettings):
    # A host's dashboard keeps a cleared variable as an empty string: that counts as not set.
    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    environment: Literal["local", "preview", "production"] = Field(
        description="name of the environment: local, preview or production"
    )
    render_git_commit: str | None = Field(
        default=None, description="release of the API, the commit that the host builds"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least severe level that the API logs"
    )
    database_url: SecretStr = Field(description="PostgreSQL for requests, a postgresql:// address")
    database_pool_size: int = Field(
        default=5, ge=1, description="connections that each API process may hold"
    )
    cache_url: SecretStr = Field(
        description="Key Value, for cache and rate limits, a redis:// address"
    )
    admin_token: SecretStr = Field(description="bearer token of whoever changes the catalogue")
    storefront_origin: str | None = Field(
        default=None, description="address of the storefront, whose pages the API refreshes"
    )
    revalidate_secret: SecretStr | None = Field(
        default=None, description="signs the call that refreshes the storefront's pages"
    )
    storefront_secret: SecretStr | None = Field(
        default=None, description="proves that a request comes through the storefront"
    )
    require_storefront_secret: bool = Field(
        default=False, description="whether requests without it share the limits of one client"
    )
    media_folder: str = Field(
        pattern=r"^[\w-]+(/[\w-]+)+$",
        description="Cloudinary folder for uploads: store/environment",
    )
    cloudinary_url: SecretStr | None = Field(
        default=None, description="Cloudinary account for uploads: cloudinary://key:secret@cloud"
    )
    stripe_secret_key: SecretStr | None = Field(
        default=None, description="Stripe account that customers pay"
    )
    stripe_webhook_secret: SecretStr | None = Field(
        default=None, description="proves that an event comes from Stripe"
    )
    stripe_origin: str | None = Field(
        default=None, description="address of the stand-in for Stripe, on a laptop"
    )

    sentry_dsn: str | None = Field(
        default=None, description="where the API reports errors and traces"
    )
    sentry_traces_sample_rate: float = Field(
        default=0, ge=0, le=1, description="share of requests that are traced, 0 to 1"
    )

    @property
    def release(self) -> str:
        return self.render_git_commit or "local"

    @property
    def cloudinary(self) -> CloudinaryAccount | None:
        url = self.cloudinary_url
        return CloudinaryAccount.from_url(url.get_secret_value()) if url else None

    @field_validator("database_url")
    @classmethod
    def _names_postgresql(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith("postgresql://"):
            raise ValueError("it has to start with postgresql://")
        return value

    @field_validator("cache_url")
    @classmethod
    def _names_redis(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("redis://", "rediss://")):
            raise ValueError("it has to start with redis:// or rediss://")
        return value

    @field_validator("storefront_origin")
    @classmethod
    def _is_an_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        origin = f"{parts.scheme}://{parts.netloc}"
        # A port that is no number is a ValueError.
        if parts.port == 0 or not re.fullmatch(r"https?://[\w.:\[\]-]+", origin, re.ASCII):
            raise ValueError("it has to look like https://shop.example")
        if value.removesuffix("/") != origin:
            raise ValueError("it has to end after the host, without a path")
        return origin

    @field_validator("require_storefront_secret")
    @classmethod
    def _has_the_secret(cls, value: bool, info: ValidationInfo) -> bool:
        if value and not info.data.get("storefront_secret"):
            raise ValueError("it needs STOREFRONT_SECRET")
        return value

    @field_validator("sentry_dsn")
    @classmethod
    def _is_a_dsn(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https?://\w+@[^/@\s]+/(?:[^/\s]+/)*\d+", value):
            raise ValueError("it has to be a DSN, https://key@host/project")
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

    @field_validator("stripe_webhook_secret")
    @classmethod
    def _signs_events(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith("whsec_"):
            raise ValueError("it has to start with whsec_")
        return value

    @field_validator("cloudinary_url")
    @classmethod
    def _names_cloudinary(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            CloudinaryAccount.from_url(value.get_secret_value())
        return value


def load_settings() -> Settings:
    """Read the environment, or end the process and name everything that is wrong with it."""
    try:
        settings, problems = Settings(), []
    except ValidationError as error:
        settings, problems = None, _problems(error)
    problems += [*_missing_here(os.environ), *_unfit_here(os.environ)]
    if settings and not problems:
        return settings
    print(*problems, sep="\n", file=sys.stderr)
    # With any other code uvicorn starts the failed worker again, without end.
    raise SystemExit(STARTUP_FAILURE)


def _problems(error: ValidationError) -> list[str]:
    # Written by hand because pydantic's own text repeats the values, and some are secrets.
    problems = []
    for detail in error.errors(include_input=False, include_url=False):
        field = str(detail["loc"][0])
        if detail["type"] == "missing":
            problems.append(_not_set(field))
        else:
            reason = detail["msg"].removeprefix("Value error, ")
            problems.append(f"{field.upper()} is not usable: {reason}.")
    return problems


def _missing_here(environ: Mapping[str, str]) -> Iterator[str]:
    environment = environ.get("ENVIRONMENT", "")
    for field in Settings.model_fields:
        value = environ.get(field.upper(), "")
        if not value and environment in REQUIRED_IN.get(field, ()):
            yield _not_set(field)


def _unfit_here(environ: Mapping[str, str]) -> Iterator[str]:
    """Name what would do on a laptop."""
    environment = environ.get("ENVIRONMENT", "")
    if environment == "local" and "RENDER" in environ:
        yield "ENVIRONMENT is local, which is for laptops, and Render runs this."
    if environ.get("STRIPE_SECRET_KEY") and not environ.get("STRIPE_WEBHOOK_SECRET"):
        yield _not_set("stripe_webhook_secret")
    if environment not in {"preview", "production"}:
        return
    for field in Settings.model_fields:
        name, value = field.upper(), environ.get(field.upper(), "")
        # A secret has two values, with a comma, while it is replaced.
        parts = [part.strip() for part in value.split(",")] if field in SECRETS else [value]
        if any(part.startswith(PLACEHOLDER) for part in parts):
            yield f"{name} is a placeholder for laptops: {environment} needs its own value."
        elif value and field in SECRETS and len(min(parts, key=len)) < SECRET_MIN_CHARACTERS:
            yield f"{name} is too short: it needs {SECRET_MIN_CHARACTERS} characters or more."
    if environ.get("STRIPE_ORIGIN"):
        yield "STRIPE_ORIGIN is for laptops: Stripe itself is asked here."
    if environ.get("STOREFRONT_ORIGIN", "").startswith("http://"):
        yield "STOREFRONT_ORIGIN is not usable: it has to start with https://."
    folder = environ.get("MEDIA_FOLDER", "")
    if folder and not folder.endswith(f"/{environment}"):
        yield f"MEDIA_FOLDER is another environment's: it has to end with /{environment}."


def _not_set(field: str) -> str:
    return f"{field.upper()} is not set: {Settings.model_fields[field].description}."
