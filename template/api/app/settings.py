"""What the API takes from its environment. Each name is declared in env.yml."""

import sys
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from uvicorn.config import STARTUP_FAILURE


class Settings(BaseSettings):
    # A host's dashboard keeps a cleared variable as an empty string: that counts as not set.
    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    environment: Literal["local", "preview", "production"] = Field(
        description="name of the environment: local, preview or production"
    )
    database_url: SecretStr = Field(description="PostgreSQL for requests, a postgresql:// address")
    cache_url: SecretStr = Field(description="Key Value, the catalogue's cache, a redis:// address")
    database_pool_size: int = Field(
        default=5, ge=1, description="connections that each API process may hold"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least severe level that the API logs"
    )

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


def load_settings() -> Settings:
    """Read the environment, or end the process and name everything that is wrong with it."""
    try:
        return Settings()
    except ValidationError as error:
        print(*_problems(error), sep="\n", file=sys.stderr)
    # With any other code uvicorn starts the failed worker again, without end.
    raise SystemExit(STARTUP_FAILURE)


def _problems(error: ValidationError) -> list[str]:
    # Written by hand because pydantic's own text repeats the values, and some are secrets.
    problems = []
    for detail in error.errors(include_input=False, include_url=False):
        field = str(detail["loc"][0])
        if detail["type"] == "missing":
            description = Settings.model_fields[field].description
            problems.append(f"{field.upper()} is not set: {description}.")
        else:
            reason = detail["msg"].removeprefix("Value error, ")
            problems.append(f"{field.upper()} is not usable: {reason}.")
    return problems
