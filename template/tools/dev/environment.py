"""The variables that the store's processes see on a laptop.

Read by a parser of our own: python-dotenv, in a version that the API chooses, would have to agree
with the one locked here, and it passes over a line that it cannot read.
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


@dataclass(frozen=True)
class Addresses:
    """Where everything answers during one run."""

    storefront_port: int
    api_port: int
    database: str
    cache: str

    @property
    def storefront(self) -> str:
        """Give the address to open: as localhost, where browsers accept Secure cookies."""
        return f"http://localhost:{self.storefront_port}"

    @property
    def api(self) -> str:
        """Give the API's address: as a number, because Node may take localhost for IPv6 only."""
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def variables(self) -> dict[str, str]:
        """Give every variable whose local source is `dev` in env.yml."""
        return {
            "PORT": str(self.api_port),
            "NEXT_PUBLIC_SITE_URL": self.storefront,
            "API_ORIGIN": self.api,
            "STOREFRONT_ORIGIN": self.storefront,
            "DATABASE_URL": self.database,
            "DATABASE_DIRECT_URL": self.database,
            "CACHE_URL": self.cache,
        }


def settings_file(root: Path) -> Path:
    """Give the person's own settings, or the example where there are none."""
    own = root / ".env"
    return own if own.exists() else root / ".env.example"


def read(file: Path) -> dict[str, str]:
    """Give a settings file's assignments, one in a line, with or without quotes.

    Raises:
        ProblemError: a line is something else; the text holds no value, which may be a secret.

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
            raise ProblemError(f"{file.name}, line {number}: {name} stands twice.")
        values[name] = _unquoted(value, f"{file.name}, line {number}")
    return values


def local_values(root: Path) -> dict[str, str]:
    """Give what the settings file says, and before it what env.own.yml has for a laptop.

    Raises:
        ProblemError: one of them is not built as it has to be.

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
    """Give a process's environment; what a later source says holds."""
    return {**shell, **file, **addresses.variables}


def _unquoted(value: str, place: str) -> str:
    if quoted := QUOTED.fullmatch(value):
        return quoted["text"]
    if value.startswith(("'", '"')) or " #" in value or value != value.strip():
        raise ProblemError(f"{place}: put quotes around the whole value, and no comment behind it.")
    return value
