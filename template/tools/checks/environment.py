"""Rules that compare env.yml with everything rendered from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..contract import ENVIRONMENTS, SOURCE_KINDS, UNSET, blueprint_entries, local_values
from ..repository import BLUEPRINT, CONTRACT, EXAMPLE, Finding, Repository, Rule
from .blueprint import groups, services


def _found(where: str, message: str) -> Finding:
    return Finding(CONTRACT, where, message)


def one_source_per_process(repository: Repository) -> Iterator[Finding]:
    """In every environment, each variable has one source wherever a process reads it."""
    processes = repository.contract.processes
    for name, variable in repository.contract.variables.items():
        for environment in ENVIRONMENTS:
            needed = {processes[process].place for process in variable.used_by}
            needed = {"laptop"} if environment == "local" else needed
            declared = variable.sources(environment)
            for place in sorted(needed ^ declared.keys()):
                problem = (
                    "has no source" if place in needed else "has a source that no process reads"
                )
                yield _found(name, f"{environment} {problem} at {place}")
            for place, source in declared.items():
                if source.kind not in SOURCE_KINDS:
                    problem = f"{source.kind} is not one of {', '.join(sorted(SOURCE_KINDS))}"
                    yield _found(name, f"{environment} at {place}: {problem}")


def required_values(repository: Repository) -> Iterator[Finding]:
    """A variable that is required in an environment has a value there."""
    for name, variable in repository.contract.variables.items():
        for environment in variable.required_in:
            for place, source in variable.sources(environment).items():
                if source.kind == "unset":
                    yield _found(name, f"is required in {environment}, but unset at {place}")


def no_public_secret(repository: Repository) -> Iterator[Finding]:
    """Next.js writes NEXT_PUBLIC_ variables, and no others, into what browsers load."""
    for name, variable in repository.contract.variables.items():
        public = name.startswith("NEXT_PUBLIC_")
        if public != (variable.kind == "public"):
            yield _found(name, "NEXT_PUBLIC_ variables, and no others, have the kind public")
        if "browser" in variable.used_by and not public:
            yield _found(name, "the browser can only read NEXT_PUBLIC_ variables")


def no_written_secret(repository: Repository) -> Iterator[Finding]:
    """A secret's value is never in a file, except a harmless one for a laptop."""
    for name, variable in repository.contract.variables.items():
        for environment in ("preview", "production"):
            for place, source in variable.sources(environment).items():
                if variable.kind == "secret" and source.kind == "value":
                    yield _found(name, f"{environment} at {place}: a secret has no literal value")


def previews_stay_apart(repository: Repository) -> Iterator[Finding]:
    """A preview never uses production's own values, nor a source that Render ignores there.

    Render gives a preview production's literal values unless it has its own, and no typed values.
    """
    for name, variable in repository.contract.variables.items():
        preview, production = variable.preview, variable.production
        for place, source in production.items():
            private = name.endswith(("_ORIGIN", "_URL")) and variable.kind != "public"
            private = private or (variable.kind == "secret" and place == "vercel")
            if source.kind == "person" and private and source == preview.get(place):
                yield _found(name, f"previews at {place} would reach production")
        typed = preview.get("render", UNSET).kind == "person"
        literal = production.get("render", UNSET).kind == "value"
        if typed:
            yield _found(name, "Render ignores typed values in previews; use another source")
        if literal and preview.get("render", UNSET).kind != "value":
            yield _found(name, "previews at render inherit production's value: declare their own")


def blueprint_matches(repository: Repository) -> Iterator[Finding]:
    """A service has the variables of the processes that run as it, from the same sources."""
    shared = {group["name"]: group.get("envVars", []) for group in groups(repository)}
    running = {process.service for process in repository.contract.processes.values()} - {""}
    declared_services = {service["name"]: service for service in services(repository)}
    for missing in sorted(running - declared_services.keys()):
        yield _found("processes", f"there is no service {missing} in {BLUEPRINT}")
    for name, service in declared_services.items():
        entries = _entries(service, shared)
        if name in running:
            expected = blueprint_entries(repository.contract, name, database="", cache="")
            yield from _service_matches(name, entries, {entry["key"]: entry for entry in expected})
        elif entries:
            yield Finding(
                BLUEPRINT, name, f"has variables, but no process in {CONTRACT} runs as it"
            )


def _entries(service: dict[str, Any], shared: dict[str, list[Any]]) -> dict[str, dict[str, Any]]:
    own = service.get("envVars") or []
    from_groups = [entry for item in own for entry in shared.get(item.get("fromGroup"), [])]
    return {entry["key"]: entry for entry in [*from_groups, *own] if "key" in entry}


def _service_matches(
    service: str, declared: dict[str, dict[str, Any]], expected: dict[str, dict[str, Any]]
) -> Iterator[Finding]:
    for name in sorted(expected.keys() - declared.keys()):
        yield Finding(BLUEPRINT, f"{service}, {name}", f"is in {CONTRACT}, but missing here")
    for name in sorted(declared.keys() - expected.keys()):
        yield Finding(
            BLUEPRINT, f"{service}, {name}", f"is not declared for its processes in {CONTRACT}"
        )
    for name in sorted(expected.keys() & declared.keys()):
        entry = _without_names(declared[name])
        if entry not in (_without_names(expected[name]), _copied(entry)):
            yield Finding(BLUEPRINT, f"{service}, {name}", f"has another source than in {CONTRACT}")


def _copied(entry: dict[str, Any]) -> dict[str, Any] | None:
    """Return the entry if it copies another service's variable of the same name."""
    copied = entry.get("fromService", {}).get("envVarKey") == entry["key"]
    return entry if copied else None


def _without_names(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry without the names of the resources that it refers to."""
    return {
        field: {key: item for key, item in value.items() if key != "name"}
        if isinstance(value, dict)
        else value
        for field, value in entry.items()
    }


def example_matches(repository: Repository) -> Iterator[Finding]:
    """.env.example has the template's local values."""
    expected = local_values(repository.without_own.contract)
    for name in sorted(expected.keys() ^ repository.example.keys()):
        side = "is no local value" if name in repository.example else "is missing; it is"
        yield Finding(EXAMPLE, name, f"{side} in {CONTRACT}")
    for name in sorted(expected.keys() & repository.example.keys()):
        if expected[name] != repository.example[name]:
            yield Finding(EXAMPLE, name, f"has another value than in {CONTRACT}")


RULES: tuple[Rule, ...] = (
    one_source_per_process,
    required_values,
    no_public_secret,
    no_written_secret,
    previews_stay_apart,
    blueprint_matches,
    example_matches,
)
