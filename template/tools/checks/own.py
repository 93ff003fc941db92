"""Rules for the files of the store's own, beside those that hold for every file alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..blueprint import with_own
from ..repository import BLUEPRINT, CONTRACT, OWN, Finding, Repository, Rule

MAKEFILE = "Makefile"
OWN_MAKEFILE = "own.mk"
_TARGET = re.compile(r"^([\w./-]+)\s*::?(?!=)", re.MULTILINE)


def blueprint_holds_own(repository: Repository) -> Iterator[Finding]:
    """Render reads one file: what the store adds has to stand in it."""
    if with_own(repository) != repository.text(BLUEPRINT):
        sources = f"{OWN[CONTRACT]} and {OWN[BLUEPRINT]}"
        yield Finding(BLUEPRINT, "own additions", f"are not those of {sources}; run make own")


def own_values(repository: Repository) -> Iterator[Finding]:
    """Values are text in every environment, and `make dev` makes up the template's only."""
    for name, variable in repository.own(CONTRACT).get("variables", {}).items():
        if variable["local"] == "dev":
            yield Finding(OWN[CONTRACT], name, "local is value: VALUE or unset: WHY, not dev")
        sources = [
            variable["local"],
            *variable["preview"].values(),
            *variable["production"].values(),
        ]
        for source in sources:
            if isinstance(source, dict) and not isinstance(source.get("value", ""), str):
                yield Finding(OWN[CONTRACT], name, f"put quotes around {source['value']}")


def own_targets(repository: Repository) -> Iterator[Finding]:
    """A second recipe replaces the first one; make only warns."""
    if not repository.exists(OWN_MAKEFILE):
        return
    declared = set(_TARGET.findall(repository.text(MAKEFILE))) - {".PHONY"}
    for name in _TARGET.findall(repository.text(OWN_MAKEFILE)):
        if name in declared:
            yield Finding(OWN_MAKEFILE, name, f"is a target of {MAKEFILE}; take another name")


RULES: tuple[Rule, ...] = (
    blueprint_holds_own,
    own_values,
    own_targets,
)
