"""Rules that compare env.yml with everything rendered from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .blueprint import groups, services
from .repository import (
    BLUEPRINT,
    CONTRACT,
    EXAMPLE,
    VERCEL_ENVIRONMENT,
    Finding,
    Repository,
    Rule,
)

ENVIRONMENTS = ("local", "preview", "production")
SOURCE_KINDS = {
    "value", "generated", "database", "key_value", "platform", "person", "dev", "unset",
}  # fmt: skip
SILENT_IN_BLUEPRINT = {"platform", "unset"}


def _found(where: str, message: str) -> Finding:
    return Finding(CONTRACT, where, message)


def _parsed(source: Any) -> tuple[str, str]:
    if isinstance(source, dict):
        kind, detail = next(iter(source.items()))
        return kind, detail
    return source, ""


def _sources(variable: dict[str, Any], environment: str) -> dict[str, tuple[str, str]]:
    if environment == "local":
        return {"laptop": _parsed(variable["local"])}
    return {place: _parsed(source) for place, source in variable[environment].items()}


def _variables(repository: Repository) -> dict[str, dict[str, Any]]:
    variables: dict[str, dict[str, Any]] = repository.contract["variables"]
    return variables


def one_source_per_process(repository: Repository) -> Iterator[Finding]:
    """In every environment, each variable has one source wherever a process reads it."""
    processes = repository.contract["processes"]
    for name, variable in _variables(repository).items():
        for environment in ENVIRONMENTS:
            used_by = variable["used_by"]
            needed = {processes[process]["place"] for process in used_by}
            needed = {"laptop"} if environment == "local" else needed
            declared = _sources(variable, environment)
            for place in sorted(needed ^ declared.keys()):
                problem = (
                    "has no source" if place in needed else "has a source that no process reads"
                )
                yield _found(name, f"{environment} {problem} at {place}")
            for place, (kind, _) in declared.items():
                if kind not in SOURCE_KINDS:
                    allowed = ", ".join(sorted(SOURCE_KINDS))
                    yield _found(name, f"{environment} at {place}: {kind} is not one of {allowed}")


def required_values(repository: Repository) -> Iterator[Finding]:
    """A variable that is required in an environment has a value there."""
    for name, variable in _variables(repository).items():
        for environment in variable["required_in"]:
            for place, (kind, _) in _sources(variable, environment).items():
                if kind == "unset":
                    yield _found(name, f"is required in {environment}, but unset at {place}")


def no_public_secret(repository: Repository) -> Iterator[Finding]:
    """Next.js writes NEXT_PUBLIC_ variables, and no others, into what browsers load."""
    for name, variable in _variables(repository).items():
        public = name.startswith("NEXT_PUBLIC_")
        if public != (variable["kind"] == "public"):
            yield _found(
                name, "the kind is public if, and only if, the name begins with NEXT_PUBLIC_"
            )
        if "browser" in variable["used_by"] and not public:
            yield _found(name, "the browser can only read NEXT_PUBLIC_ variables")


def no_written_secret(repository: Repository) -> Iterator[Finding]:
    """A secret's value is never in a file, except a harmless one for a laptop."""
    for name, variable in _variables(repository).items():
        for environment in ("preview", "production"):
            for place, (kind, _) in _sources(variable, environment).items():
                if variable["kind"] == "secret" and kind == "value":
                    yield _found(
                        name, f"{environment} at {place}: a secret cannot have a literal value"
                    )


def previews_stay_apart(repository: Repository) -> Iterator[Finding]:
    """A preview never uses production's own values, nor a source that Render ignores there.

    Render gives a preview production's literal values unless it has its own, and no typed values.
    """
    for name, variable in _variables(repository).items():
        preview, production = _sources(variable, "preview"), _sources(variable, "production")
        for place, source in production.items():
            private = name.endswith(("_ORIGIN", "_URL")) and variable["kind"] != "public"
            private = private or (variable["kind"] == "secret" and place == "vercel")
            if source[0] == "person" and private and source == preview.get(place):
                yield _found(name, f"previews at {place} would reach production")
        typed = preview.get("render", ("", ""))[0] == "person"
        literal = production.get("render", ("", ""))[0] == "value"
        if typed:
            yield _found(name, "Render ignores typed values in previews; use another source")
        if literal and preview["render"][0] != "value":
            yield _found(
                name, "previews at render would inherit production's value; declare one for them"
            )


def blueprint_matches(repository: Repository) -> Iterator[Finding]:
    """A service has the variables of the processes that run as it, from the same sources."""
    processes = repository.contract["processes"]
    shared = {group["name"]: group.get("envVars", []) for group in groups(repository)}
    running = {process.get("service") for process in processes.values()}
    declared_services = {service["name"]: service for service in services(repository)}
    for missing in sorted(running - declared_services.keys() - {None}):
        yield _found("processes", f"there is no service {missing} in {BLUEPRINT}")
    for name, service in declared_services.items():
        entries = _entries(service, shared)
        if name in running:
            yield from _service_matches(name, entries, service_variables(repository, name))
        elif entries:
            yield Finding(
                BLUEPRINT, name, f"has variables, but no process in {CONTRACT} runs as it"
            )


def _entries(service: dict[str, Any], shared: dict[str, list[Any]]) -> dict[str, dict[str, Any]]:
    own = service.get("envVars") or []
    from_groups = [entry for item in own for entry in shared.get(item.get("fromGroup"), [])]
    return {entry["key"]: entry for entry in [*from_groups, *own] if "key" in entry}


def service_variables(repository: Repository, service: str) -> dict[str, dict[str, Any]]:
    """Return the Blueprint's entry for each variable that a service's processes read.

    The entries do not name other resources.
    """
    processes = repository.contract["processes"]
    names = {name for name, process in processes.items() if process.get("service") == service}
    return {
        name: _expected_entry(variable)
        for name, variable in _variables(repository).items()
        if names & set(variable["used_by"])
        and _sources(variable, "production").get("render", ("unset",))[0] not in SILENT_IN_BLUEPRINT
    }


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
        entry = {key: _without_name(value) for key, value in declared[name].items()}
        if entry not in ({"key": name, **expected[name]}, _copied(entry)):
            yield Finding(BLUEPRINT, f"{service}, {name}", f"has another source than in {CONTRACT}")


def _copied(entry: dict[str, Any]) -> dict[str, Any] | None:
    """Return the entry if it copies another service's variable of the same name."""
    copied = entry.get("fromService", {}).get("envVarKey") == entry["key"]
    return entry if copied else None


def _expected_entry(variable: dict[str, Any]) -> dict[str, Any]:
    kind, detail = _sources(variable, "production")["render"]
    preview_kind, preview_detail = _sources(variable, "preview")["render"]
    if kind == "value":
        differs = preview_kind == "value" and preview_detail != detail
        return {"value": detail} | ({"previewValue": preview_detail} if differs else {})
    entries: dict[str, dict[str, Any]] = {
        "generated": {"generateValue": True},
        "person": {"sync": False},
        "database": {"fromDatabase": {"property": detail}},
        "key_value": {"fromService": {"type": "keyvalue", "property": detail}},
    }
    return entries[kind]


def _without_name(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if key != "name"}
    return value


def manifest_matches(repository: Repository) -> Iterator[Finding]:
    """The Vercel manifest has the template's variables, for the same environments."""
    expected: dict[tuple[str, str], str | None] = {}
    for name, variable in _variables(repository.without_own).items():
        for environment in ("preview", "production"):
            kind, detail = _sources(variable, environment).get("vercel", ("unset", ""))
            if kind in {"value", "person"}:
                expected[name, environment] = detail if kind == "value" else None
    declared: dict[tuple[str, str], str | None] = {}
    for entry in repository.vercel_environment:
        for target in entry["target"]:
            declared[entry["key"], target] = entry.get("value")
        yield from _manifest_type(repository, entry)
    for name, target in sorted(expected.keys() ^ declared.keys()):
        side = f"not in {CONTRACT}" if (name, target) in declared else f"only in {CONTRACT}"
        yield Finding(VERCEL_ENVIRONMENT, name, f"for {target} is {side}")
    for name, target in sorted(expected.keys() & declared.keys()):
        if expected[name, target] != declared[name, target]:
            yield Finding(VERCEL_ENVIRONMENT, name, f"for {target} has another value")


def _manifest_type(repository: Repository, entry: dict[str, Any]) -> Iterator[Finding]:
    secret = _variables(repository).get(entry["key"], {}).get("kind") == "secret"
    if secret != (entry["type"] == "sensitive"):
        yield Finding(
            VERCEL_ENVIRONMENT,
            entry["key"],
            "the type must be sensitive for secrets, and for nothing else",
        )


def example_matches(repository: Repository) -> Iterator[Finding]:
    """.env.example has the template's local values."""
    expected = {
        name: detail
        for name, variable in _variables(repository.without_own).items()
        for kind, detail in [_sources(variable, "local")["laptop"]]
        if kind == "value"
    }
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
    manifest_matches,
    example_matches,
)
