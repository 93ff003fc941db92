"""Rules that only the store's own files need."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..blueprint import with_own
from ..repository import BLUEPRINT, CONTRACT, OWN, Finding, Repository, Rule

MAKEFILE = "Makefile"
OWN_MAKEFILE = "own.mk"
_TARGET = re.compile(r"^([\w./-]+)\s*::?(?!=)", re.MULTILINE)


def blueprint_holds_own(repository: Repository) -> Iterator[Finding]:
    """Render reads one file, so the Blueprint has to contain the store's additions."""
    if with_own(repository) != repository.text(BLUEPRINT):
        sources = f"{OWN[CONTRACT]} and {OWN[BLUEPRINT]}"
        yield Finding(BLUEPRINT, "own additions", f"differ from {sources}; run make own")


def own_values(repository: Repository) -> Iterator[Finding]:
    """Values are text, and `make dev` only provides the template's."""
    for name, variable in repository.own(CONTRACT).get("variables", {}).items():
        if variable["local"] == "dev":
            yield Finding(
                OWN[CONTRACT], name, "local must be value: VALUE or unset: REASON, not dev"
            )
        sources = [
            variable["local"],
            *variable["preview"].values(),
            *variable["production"].values(),
        ]
        for source in sources:
            if isinstance(source, dict) and not isinstance(source.get("value", ""), str):
                yield Finding(OWN[CONTRACT], name, f"put quotes around {source['value']}")


def own_targets(repository: Repository) -> Iterator[Finding]:
    """A second recipe for a target replaces the first; make only warns."""
    if not repository.exists(OWN_MAKEFILE):
        return
    declared = set(_TARGET.findall(repository.text(MAKEFILE))) - {".PHONY"}
    for name in _TARGET.findall(repository.text(OWN_MAKEFILE)):
        if name in declared:
            yield Finding(OWN_MAKEFILE, name, f"is a target of {MAKEFILE}; choose another name")


RULES: tuple[Rule, ...] = (
    blueprint_holds_own,
    own_values,
    own_targets,
)
