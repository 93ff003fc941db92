"""Rules for render/render.yaml that Render's schema leaves out.

Their sources are Render's Blueprint specification and the errors of a live sync.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..repository import BLUEPRINT, Finding, Repository, Rule
from .cron import schedule_problem

LEGACY_DATABASE_PLANS = {"starter", "standard", "pro", "pro plus"}
DEPRECATED_SERVICE_FIELDS = {
    "autoDeploy": "autoDeployTrigger",
    "domain": "domains",
    "env": "runtime",
    "pullRequestPreviewsEnabled": "previews",
}
DEPRECATED_ROOT_FIELDS = {
    "previewsEnabled": "previews.generation",
    "previewsExpireAfterDays": "previews.expireAfterDays",
}
EXPLICIT_SERVICE_FIELDS = {
    "web": ("plan", "region", "autoDeployTrigger", "healthCheckPath", "maxShutdownDelaySeconds"),
    "worker": ("plan", "region", "autoDeployTrigger", "maxShutdownDelaySeconds"),
    "pserv": ("plan", "region", "autoDeployTrigger", "maxShutdownDelaySeconds"),
    "cron": ("plan", "region", "autoDeployTrigger"),
    "keyvalue": ("plan", "region", "maxmemoryPolicy", "persistenceMode"),
}
EXPLICIT_DATABASE_FIELDS = ("plan", "region", "diskSizeGB", "postgresMajorVersion")
VALUE_FIELDS = ("value", "generateValue", "sync", "fromDatabase", "fromService", "fromGroup")


def _scopes(repository: Repository) -> Iterator[dict[str, Any]]:
    blueprint = repository.blueprint
    yield blueprint
    yield blueprint.get("ungrouped") or {}
    for project in blueprint.get("projects") or []:
        yield from project.get("environments") or []


def _all(repository: Repository, kind: str) -> list[dict[str, Any]]:
    return [item for scope in _scopes(repository) for item in scope.get(kind) or []]


def services(repository: Repository) -> list[dict[str, Any]]:
    """Return every service, wherever it is declared."""
    return _all(repository, "services")


def databases(repository: Repository) -> list[dict[str, Any]]:
    """Return every database, wherever it is declared."""
    return _all(repository, "databases")


def groups(repository: Repository) -> list[dict[str, Any]]:
    """Return every environment group, wherever it is declared."""
    return _all(repository, "envVarGroups")


def _variables(repository: Repository) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for service in services(repository):
        for variable in service.get("envVars") or []:
            yield service, variable


def _static(service: dict[str, Any]) -> bool:
    return service.get("runtime") == "static"


def _found(item: dict[str, Any], field: str, message: str) -> Finding:
    return Finding(BLUEPRINT, f"{item.get('name', '?')}, {field}", message)


def unique_names(repository: Repository) -> Iterator[Finding]:
    """Names identify resources: two of one kind cannot share a name."""
    for kind in ("services", "databases", "envVarGroups"):
        names = Counter(item["name"] for item in _all(repository, kind))
        for name, count in names.items():
            if count > 1:
                yield Finding(BLUEPRINT, kind, f"{name} is declared {count} times; declare it once")


def references_exist(repository: Repository) -> Iterator[Finding]:
    """A variable may only refer to what this Blueprint declares."""
    declared_services = {item["name"]: item for item in services(repository)}
    declared_databases = {item["name"] for item in databases(repository)}
    declared_groups = {item["name"] for item in groups(repository)}
    for service, variable in _variables(repository):
        key = variable.get("key", "fromGroup")
        if (group := variable.get("fromGroup")) and group not in declared_groups:
            yield _found(service, key, f"there is no environment group {group}")
        if (source := variable.get("fromDatabase")) and source["name"] not in declared_databases:
            yield _found(service, key, f"there is no database {source['name']}")
        if source := variable.get("fromService"):
            yield from _service_reference(service, key, source, declared_services)


def _service_reference(
    service: dict[str, Any], key: str, source: dict[str, Any], declared: dict[str, dict[str, Any]]
) -> Iterator[Finding]:
    target = declared.get(source["name"])
    if target is None or target["type"] != source["type"]:
        yield _found(service, key, f"there is no {source['type']} service {source['name']}")
        return
    if "property" not in source and "envVarKey" not in source:
        yield _found(service, key, "fromService needs a property or an envVarKey")
    copied = source.get("envVarKey", "")
    declared_keys = {variable.get("key") for variable in target.get("envVars", [])}
    if copied and not copied.startswith("RENDER_") and copied not in declared_keys:
        yield _found(service, key, f"{source['name']} declares no variable {copied}")


def one_source_per_variable(repository: Repository) -> Iterator[Finding]:
    """Each variable has exactly one source."""
    for service, variable in _variables(repository):
        sources = [field for field in VALUE_FIELDS if field in variable]
        if len(sources) != 1:
            key = variable.get("key", "?")
            given = " and ".join(sources) or "nothing"
            yield _found(service, key, f"has {given}; use exactly one source")


def unique_variables(repository: Repository) -> Iterator[Finding]:
    """A service declares each variable once."""
    for service in services(repository):
        keys = Counter(variable.get("key") for variable in service.get("envVars", []))
        for key, count in keys.items():
            if key and count > 1:
                yield _found(service, key, f"is declared {count} times; declare it once")


def typed_values_outside_groups(repository: Repository) -> Iterator[Finding]:
    """Render silently ignores `sync: false` in an environment group."""
    for group in groups(repository):
        for variable in group.get("envVars", []):
            if "sync" in variable:
                yield _found(
                    group,
                    variable["key"],
                    "sync is ignored in a group; declare the variable on a service",
                )


def current_database_plans(repository: Repository) -> Iterator[Finding]:
    """A live sync refuses the legacy plans for a new database."""
    for database in databases(repository):
        for field in ("plan", "previewPlan"):
            if database.get(field) in LEGACY_DATABASE_PLANS:
                message = f"{database[field]} is a legacy plan; use an ID such as 0.5c-1g"
                yield _found(database, field, message)


def paid_where_required(repository: Repository) -> Iterator[Finding]:
    """Only web services, databases and Key Value have a free plan, and it lacks some features."""
    for service in services(repository):
        if service.get("plan") != "free":
            continue
        if service["type"] in {"worker", "pserv", "cron"}:
            yield _found(service, "plan", f"there is no free {service['type']}; use a paid plan")
        for field in ("preDeployCommand", "disk", "scaling"):
            if field in service:
                yield _found(service, field, "is not available on the free plan; use a paid plan")
        if service.get("numInstances", 1) > 1:
            yield _found(service, "numInstances", "the free plan runs one instance only")
        if service.get("persistenceMode", "off") != "off":
            yield _found(
                service, "persistenceMode", 'the free plan has no persistence; write "off"'
            )
    for database in databases(repository):
        if database.get("plan") == "free":
            yield from _free_database(database)


def _free_database(database: dict[str, Any]) -> Iterator[Finding]:
    if database.get("connectionPool", "none") != "none":
        yield _found(database, "connectionPool", "the free plan has no connection pool")
    if database.get("highAvailability", {}).get("enabled"):
        yield _found(database, "highAvailability", "the free plan has no standby")
    if database.get("readReplicas"):
        yield _found(database, "readReplicas", "the free plan has no read replicas")


def standby_plans(repository: Repository) -> Iterator[Finding]:
    """High availability needs a plan with at least 1 CPU."""
    for database in databases(repository):
        cpu = re.match(r"([\d.]+)c-", str(database.get("plan", "")))
        wanted = database.get("highAvailability", {}).get("enabled")
        if wanted and cpu and float(cpu[1]) < 1:
            yield _found(database, "highAvailability", "needs a plan with at least 1 CPU")


def disk_sizes(repository: Repository) -> Iterator[Finding]:
    """The size of a database's disk is 1 GB or a multiple of 5 GB."""
    for database in databases(repository):
        for field in ("diskSizeGB", "previewDiskSizeGB"):
            size = database.get(field, 1)
            if size != 1 and size % 5:
                yield _found(database, field, f"{size} is not 1 or a multiple of 5")


def one_region(repository: Repository) -> Iterator[Finding]:
    """A private network spans one region, so all resources have to be in the same one."""
    resources = [item for item in services(repository) if not _static(item)]
    resources += databases(repository)
    regions = {item.get("region", "oregon (the default)") for item in resources}
    if len(regions) > 1:
        names = ", ".join(sorted(regions))
        yield Finding(BLUEPRINT, "region", f"resources are in {names}; use one region")


def closed_datastores(repository: Repository) -> Iterator[Finding]:
    """A database without an allow list is open to the internet."""
    keyvalues = [item for item in services(repository) if item["type"] in {"keyvalue", "redis"}]
    for item in [*keyvalues, *databases(repository)]:
        if "ipAllowList" not in item:
            yield _found(item, "ipAllowList", "is missing, which opens it to everyone; write []")
        for entry in item.get("ipAllowList") or []:
            if entry["source"] in {"0.0.0.0/0", "::/0"}:
                yield _found(item, "ipAllowList", f"{entry['source']} opens it to everyone")


def complete_scaling(repository: Repository) -> Iterator[Finding]:
    """Autoscaling needs a minimum and a maximum number of instances, and a target."""
    for service in services(repository):
        scaling = service.get("scaling")
        if scaling is None:
            continue
        if not {"minInstances", "maxInstances"} <= scaling.keys():
            yield _found(service, "scaling", "needs minInstances and maxInstances")
        elif scaling["minInstances"] > scaling["maxInstances"]:
            yield _found(service, "scaling", "minInstances is larger than maxInstances")
        if not {"targetCPUPercent", "targetMemoryPercent"} & scaling.keys():
            yield _found(service, "scaling", "needs targetCPUPercent or targetMemoryPercent")
        if "disk" in service:
            yield _found(service, "scaling", "a service with a disk runs one instance only")


def no_empty_replica_list(repository: Repository) -> Iterator[Finding]:
    """An empty list destroys every read replica; leaving the key out keeps them."""
    for database in databases(repository):
        if database.get("readReplicas") == []:
            yield _found(database, "readReplicas", "[] destroys all replicas; leave the key out")


def web_only_fields(repository: Repository) -> Iterator[Finding]:
    """Only web services can be reached from outside."""
    for service in services(repository):
        if service["type"] in {"worker", "pserv"}:
            for field in ("healthCheckPath", "domains", "ipAllowList"):
                if field in service:
                    yield _found(service, field, f"is for web services, not {service['type']}")


def docker_fields(repository: Repository) -> Iterator[Finding]:
    """Render builds a container from its Dockerfile and wraps its command in a shell."""
    for service in services(repository):
        if service.get("runtime") != "docker":
            continue
        for field, instead in (
            ("buildCommand", "the Dockerfile"),
            ("startCommand", "dockerCommand"),
        ):
            if field in service:
                yield _found(service, field, f"is not for docker services; use {instead}")
        if re.match(r"\s*(/bin/)?(ba)?sh\s+-c", service.get("dockerCommand", "")):
            yield _found(
                service, "dockerCommand", "sh -c ends with exit 127; write a plain command"
            )


def current_fields(repository: Repository) -> Iterator[Finding]:
    """Deprecated names still pass the schema, and are ignored or refused later."""
    for old, new in DEPRECATED_ROOT_FIELDS.items():
        if old in repository.blueprint:
            yield Finding(BLUEPRINT, old, f"is deprecated; use {new}")
    for service in services(repository):
        if service["type"] == "redis":
            yield _found(service, "type", "redis is deprecated; use keyvalue")
        for old, new in DEPRECATED_SERVICE_FIELDS.items():
            if old in service:
                yield _found(service, old, f"is deprecated; use {new}")
        if "previewPlan" in service and service["type"] != "keyvalue":
            yield _found(service, "previewPlan", "is deprecated; use previews.plan")


def static_sites(repository: Repository) -> Iterator[Finding]:
    """A static site has neither a plan nor a region."""
    for service in services(repository):
        if _static(service):
            for field in ("plan", "region"):
                if field in service:
                    yield _found(service, field, "a static site has none; remove it")


def cron_schedules(repository: Repository) -> Iterator[Finding]:
    """Render runs five-field cron expressions, in UTC."""
    for service in services(repository):
        if service["type"] == "cron" and (problem := schedule_problem(service.get("schedule", ""))):
            yield _found(service, "schedule", problem)


def explicit_fields(repository: Repository) -> Iterator[Finding]:
    """An omitted field takes Render's default, which may cost more or deploy a failed build."""
    for service in services(repository):
        if not _static(service):
            for field in EXPLICIT_SERVICE_FIELDS.get(service["type"], ()):
                if field not in service:
                    yield _found(service, field, "is missing, so Render would use its default")
    for database in databases(repository):
        for field in EXPLICIT_DATABASE_FIELDS:
            if field not in database:
                yield _found(database, field, "is missing, so Render would use its default")


def no_pinned_branch(repository: Repository) -> Iterator[Finding]:
    """A fixed branch breaks preview environments of pull requests."""
    for service in services(repository):
        if "branch" in service:
            yield _found(service, "branch", "breaks previews; remove it")


def paths_exist(repository: Repository) -> Iterator[Finding]:
    """Paths are relative to the root of the repository, not to the Blueprint."""
    for service in services(repository):
        paths = [service.get(field) for field in ("dockerfilePath", "dockerContext", "rootDir")]
        paths += [
            pattern.partition("*")[0].rpartition("/")[0]
            for pattern in service.get("buildFilter", {}).get("paths", [])
            if not pattern.startswith("api/")
        ]
        for path in filter(None, paths):
            if not repository.exists(path):
                yield _found(service, path, "does not exist below the root of the repository")


def pooled_references(repository: Repository) -> Iterator[Finding]:
    """A pooled connection string exists only if the pool is on."""
    pooled = {item["name"] for item in databases(repository) if _pool_is_on(item)}
    for service, variable in _variables(repository):
        source = variable.get("fromDatabase", {})
        if source.get("property") == "connectionPoolString" and source["name"] not in pooled:
            yield _found(
                service, variable["key"], "needs connectionPool: pgbouncer on the database"
            )


def _pool_is_on(database: dict[str, Any]) -> bool:
    return bool(database.get("connectionPool") == "pgbouncer")


def no_guessed_hosts(repository: Repository) -> Iterator[Finding]:
    """Render adds a suffix to a name that is taken, so an onrender.com address is a guess."""
    for service, variable in _variables(repository):
        if "onrender.com" in str(variable.get("value", "")):
            yield _found(
                service,
                variable["key"],
                "is a guess; read the address after the service is created",
            )


RULES: tuple[Rule, ...] = (
    unique_names,
    references_exist,
    one_source_per_variable,
    unique_variables,
    typed_values_outside_groups,
    current_database_plans,
    paid_where_required,
    standby_plans,
    disk_sizes,
    one_region,
    closed_datastores,
    complete_scaling,
    no_empty_replica_list,
    web_only_fields,
    docker_fields,
    current_fields,
    static_sites,
    cron_schedules,
    explicit_fields,
    no_pinned_branch,
    paths_exist,
    pooled_references,
    no_guessed_hosts,
)
