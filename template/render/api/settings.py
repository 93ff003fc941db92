"""What an API takes from its environment: all that is wrong is named at once, without its value."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr, ValidationError
from pydantic_settings import BaseSettings
from uvicorn.config import STARTUP_FAILURE

# What .env.example gives every laptop is known to everybody.
PLACEHOLDER = "local-only-"
# A generated secret has more.
SECRET_MIN_CHARACTERS = 32

Loaded = TypeVar("Loaded", bound=BaseSettings)


def begins_with(*starts: str) -> AfterValidator:
    """Return the annotation of a secret that begins in one of these ways."""

    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(starts):
            raise ValueError(f"it has to start with {' or '.join(starts)}")
        return value

    return AfterValidator(check)


def _origin(value: str) -> str:
    parts = urlsplit(value)
    origin = f"{parts.scheme}://{parts.netloc}"
    # A port that is no number is a ValueError.
    if parts.port == 0 or not re.fullmatch(r"https?://[\w.:\[\]-]+", origin, re.ASCII):
        raise ValueError("it has to look like https://shop.example")
    if value.removesuffix("/") != origin:
        raise ValueError("it has to end after the host, without a path")
    return origin


def _dsn(value: str) -> str:
    if not re.fullmatch(r"https?://\w+@[^/@\s]+/(?:[^/\s]+/)*\d+", value):
        raise ValueError("it has to be a DSN, https://key@host/project")
    return value


Origin = Annotated[str, AfterValidator(_origin)]
SentryDsn = Annotated[str, AfterValidator(_dsn)]


def load(
    settings: type[Loaded],
    *,
    required_in: Mapping[str, Sequence[str]],
    secrets: Sequence[str],
    unfit: Callable[[Mapping[str, str]], Iterable[str]],
) -> Loaded:
    """Read the environment, or end the process and name everything that is wrong with it.

    `required_in` says where a setting has to be there that has a default, and `secrets` names those
    that no vendor issues. `unfit` says what else is wrong, in sentences.
    """
    try:
        loaded, problems = settings(), []
    except ValidationError as error:
        loaded, problems = None, [*_problems(settings, error)]
    problems += [
        *_missing_here(settings, required_in),
        *_for_laptops(settings, secrets),
        *unfit(os.environ),
    ]
    if loaded and not problems:
        return loaded
    print(*problems, sep="\n", file=sys.stderr)
    # With any other code uvicorn starts the failed worker again, without end.
    raise SystemExit(STARTUP_FAILURE)


def not_set(settings: type[BaseSettings], field: str) -> str:
    """Return the sentence that a setting is missing."""
    return f"{field.upper()} is not set: {settings.model_fields[field].description}."


def _problems(settings: type[BaseSettings], error: ValidationError) -> Iterator[str]:
    # Written by hand because pydantic's own text repeats the values, and some are secrets.
    for detail in error.errors(include_input=False, include_url=False):
        field = str(detail["loc"][0])
        if detail["type"] == "missing":
            yield not_set(settings, field)
        else:
            reason = detail["msg"].removeprefix("Value error, ")
            yield f"{field.upper()} is not usable: {reason}."


def _missing_here(
    settings: type[BaseSettings], required_in: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    environment = os.environ.get("ENVIRONMENT", "")
    for field in settings.model_fields:
        if not os.environ.get(field.upper()) and environment in required_in.get(field, ()):
            yield not_set(settings, field)


def _for_laptops(settings: type[BaseSettings], secrets: Sequence[str]) -> Iterator[str]:
    environment = os.environ.get("ENVIRONMENT", "")
    if environment == "local" and "RENDER" in os.environ:
        yield "ENVIRONMENT is local, which is for laptops, and Render runs this."
    if environment not in {"preview", "production"}:
        return
    for field in settings.model_fields:
        name, value = field.upper(), os.environ.get(field.upper(), "")
        # A secret has two values, with a comma, while it is replaced.
        parts = [part.strip() for part in value.split(",")] if field in secrets else [value]
        if any(part.startswith(PLACEHOLDER) for part in parts):
            yield f"{name} is a placeholder for laptops: {environment} needs its own value."
        elif value and field in secrets and len(min(parts, key=len)) < SECRET_MIN_CHARACTERS:
            yield f"{name} is too short: it needs {SECRET_MIN_CHARACTERS} characters or more."
