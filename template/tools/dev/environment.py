"""The environment variables of the store's processes on a laptop.

The settings file has its own parser here: python-dotenv would have to be locked at the version
that the API uses, and it skips lines that it cannot read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .. import contract
from ..repository import CONTRACT, OWN, BrokenFileError, Repository
from .console import ProblemError

ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)")
QUOTED = re.compile(r"(?P<quote>['\"])(?P<text>.*)(?P=quote)")


STAND_IN_SECRETS = {
    "STRIPE_SECRET_KEY": "sk_test_local_only",
    "STRIPE_WEBHOOK_SECRET": "whsec_local_only",
}
"""The account at the stand-in for Stripe."""


@dataclass(frozen=True)
class Addresses:
    """The addresses of one run."""

    storefront_port: int
    api_port: int
    database: str
    cache: str
    stripe_port: int | None = None
    """Of the stand-in, unless the store has an account or no checkout."""

    @property
    def storefront(self) -> str:
        """Return the address to open: localhost, where browsers accept Secure cookies."""
        return f"http://localhost:{self.storefront_port}"

    @property
    def api(self) -> str:
        """Return the API's address: an IP, because Node may resolve localhost to IPv6 only."""
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def variables(self) -> dict[str, str]:
        """Return every variable whose local source is `dev` in env.yml."""
        stripe = {"STRIPE_ORIGIN": f"http://127.0.0.1:{self.stripe_port}", **STAND_IN_SECRETS}
        return {
            "PORT": str(self.api_port),
            "NEXT_PUBLIC_SITE_URL": self.storefront,
            "API_ORIGIN": self.api,
            "STOREFRONT_ORIGIN": self.storefront,
            "DATABASE_URL": self.database,
            "DATABASE_DIRECT_URL": self.database,
            "CACHE_URL": self.cache,
            **(stripe if self.stripe_port else {}),
        }


def settings_file(root: Path) -> Path:
    """Return the path of .env, or of .env.example if there is none."""
    own = root / ".env"
    return own if own.exists() else root / ".env.example"


def read(file: Path) -> dict[str, str]:
    """Return the assignments in a settings file, one per line, with or without quotes.

    Raises:
        ProblemError: a line cannot be read. The text omits the value, which may be a secret.

    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemError(f"{file.name} cannot be read as UTF-8 text.") from error
    values: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        assignment = ASSIGNMENT.fullmatch(text)
        if assignment is None:
            raise ProblemError(f"{file.name}, line {number}: write NAME=VALUE.")
        name, value = assignment["name"], assignment["value"]
        if name in values:
            raise ProblemError(f"{file.name}, line {number}: {name} is set twice.")
        values[name] = _unquoted(value, f"{file.name}, line {number}")
    return values


def local_values(root: Path) -> dict[str, str]:
    """Return the local values of env.own.yml, overridden by the settings file.

    Raises:
        ProblemError: one of the files cannot be read.

    """
    return {**_own_values(root), **read(settings_file(root))}


def _own_values(root: Path) -> dict[str, str]:
    try:
        own = contract.parse({"variables": Repository(root).own(CONTRACT).get("variables")})
    except BrokenFileError as error:
        raise ProblemError(str(error.finding)) from error
    except contract.ContractError as error:
        raise ProblemError(f"{OWN[CONTRACT]}: {error.where}: {error}.") from error
    return {name: str(value) for name, value in contract.local_values(own).items()}


def compose(
    shell: Mapping[str, str], file: Mapping[str, str], addresses: Addresses
) -> dict[str, str]:
    """Return a process's environment. Later arguments override earlier ones."""
    return {**shell, **file, **addresses.variables}


def _unquoted(value: str, place: str) -> str:
    if quoted := QUOTED.fullmatch(value):
        return quoted["text"]
    if value.startswith(("'", '"')) or " #" in value or value != value.strip():
        raise ProblemError(f"{place}: put quotes around the whole value, and no comment after it.")
    return value
