"""The environment contract of one store, and what its files print of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jinja2 import Environment as Jinja
from jinja2 import StrictUndefined

from .catalog import CATALOG_FOLDER, load_yaml

if TYPE_CHECKING:
    from tools import contract
    from tools.contract import Variable
else:
    from . import contract

# Read at once: Copier removes its clone of the template, and the next one may share this module.
CATALOGUE = (CATALOG_FOLDER / "environment.yml").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Environment:
    """The contract of one store: `text` is what its env.yml holds."""

    text: str
    database: str
    cache: str

    @cached_property
    def contract(self) -> contract.Contract:
        """Return the contract as the store's own tools read it."""
        return contract.parse(load_yaml(self.text))

    @property
    def variables(self) -> list[Variable]:
        """Return every variable."""
        return list(self.contract.variables.values())

    @property
    def blueprint(self) -> list[dict[str, Any]]:
        """Return the API's variables in the Blueprint."""
        api = self.contract.processes["api"].service
        return contract.blueprint_entries(
            self.contract, api, database=self.database, cache=self.cache
        )

    @property
    def vercel(self) -> list[dict[str, Any]]:
        """Return the variables to set in the Vercel project."""
        return contract.vercel_variables(self.contract)


def environment_of(slug: str, facts: Mapping[str, Any]) -> Environment:
    """Return the contract of a store; `facts` are the other values that the catalogue names."""
    jinja = Jinja(  # noqa: S701 - YAML, and its values are validated answers
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    text = jinja.from_string(CATALOGUE).render(slug=slug, **facts)
    return Environment(text, database=f"{slug}-db", cache=f"{slug}-cache")
