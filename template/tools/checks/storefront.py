"""Rules for Vercel's configuration that its schema and build leave out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..additions import DEPLOY_FROM_CI, NONCE_PAGES, POLICY, directives_of
from ..repository import OWN, VERCEL, Finding, Repository, Rule
from .cron import schedule_problem

ROOT_DIRECTORY = "storefront"
POINTER = f"{ROOT_DIRECTORY}/vercel.ts"
PROXY = f"{ROOT_DIRECTORY}/src/proxy.ts"
KNOWN_KEYS = {
    "$schema", "buildCommand", "bulkRedirectsPath", "bunVersion", "crons", "devCommand", "fluid",
    "framework", "functionFailoverRegions", "functions", "git", "github", "headers",
    "ignoreCommand", "installCommand", "outputDirectory", "passiveRegions", "redirects", "regions",
    "relatedProjects", "rewrites", "schedules", "trailingSlash", "wildcard",
}  # fmt: skip
KEYS_WITHOUT_EFFECT = {
    "build": "set variables in the project's settings",
    "builds": "let the framework decide",
    "cleanUrls": "Next.js has clean URLs",
    "env": "set variables in the project's settings",
    "images": "set images in next.config.ts",
    "routes": "use headers, redirects and rewrites",
}
WORKFLOW = ".github/workflows/ci.yml"
PRIVATE_PATHS = ("/account", "/cart", "/checkout")
COMMANDS = ("buildCommand", "devCommand", "ignoreCommand", "installCommand", "outputDirectory")
COMMAND_LENGTH_MAX = 256
_READS_THE_ROOM = re.compile(r'export \{ config(?: as default)? \} from "\.\./vercel/config";')
_DIRECTIVE = re.compile(
    r"(?:child|connect|default|font|frame|img|manifest|media|object|script|style|worker)-src"
    r"|(?:script|style)-src-(?:attr|elem)|base-uri|form-action|frame-ancestors|sandbox"
    r"|report-(?:to|uri)|require-trusted-types-for|trusted-types|upgrade-insecure-requests"
)


def _found(where: str, message: str) -> Finding:
    return Finding(VERCEL, where, message)


def read_from_root_directory(repository: Repository) -> Iterator[Finding]:
    """Vercel reads one configuration file, in the Root Directory, and ignores all others."""
    pointer = repository.text(POINTER) if repository.exists(POINTER) else ""
    if not _READS_THE_ROOM.search(pointer.replace("'", '"')):
        yield Finding(POINTER, "whole file", "must export config from ../vercel/config")
    yield from repository.missing_own(VERCEL)
    names = [f"vercel.{ending}" for ending in ("json", "toml", "ts", "mts", "js", "mjs", "cjs")]
    for stray in [*names, *(f"{ROOT_DIRECTORY}/{name}" for name in names)]:
        if stray != POINTER and repository.exists(stray):
            yield Finding(stray, "whole file", f"collides with {POINTER}; remove it")


def known_keys(repository: Repository) -> Iterator[Finding]:
    """An unknown key makes every deployment fail, although the CLI accepts it."""
    for key in repository.vercel:
        if key in KEYS_WITHOUT_EFFECT:
            yield _found(key, f"has no effect here; {KEYS_WITHOUT_EFFECT[key]}")
        elif key not in KNOWN_KEYS:
            yield _found(key, "is not a key that Vercel knows, so deployments would fail")


def near_the_data(repository: Repository) -> Iterator[Finding]:
    """Functions run near the database; Vercel's default is Washington DC."""
    wanted = repository.vercel_project["function_region"]
    regions = repository.vercel.get("regions") or []
    if wanted not in regions:
        yield _found("regions", f"{regions} lacks {wanted}, the region near the database")


def header_sources(repository: Repository) -> Iterator[Finding]:
    """A source is a path pattern that begins with a slash."""
    for kind in ("headers", "redirects", "rewrites"):
        for entry in repository.vercel.get(kind, []):
            source = entry["source"]
            if not source.startswith("/"):
                yield _found(kind, f'source "{source}" must begin with /')
            if not _is_pattern(source):
                yield _found(kind, f'source "{source}" is not a valid pattern')


def _is_pattern(source: str) -> bool:
    try:
        re.compile(re.sub(r":(\w+)", r"(?P<\1>[^/]+)", source))
    except re.error:
        return False
    return True


def function_limits(repository: Repository) -> Iterator[Finding]:
    """Patterns are relative to the Root Directory, and the plan limits durations."""
    longest = repository.vercel_project["max_duration_seconds"]
    for pattern, limits in repository.vercel.get("functions", {}).items():
        base = pattern.partition("*")[0].rpartition("/")[0]
        starts_there = repository.exists(f"{ROOT_DIRECTORY}/{base}")
        if repository.exists(f"{ROOT_DIRECTORY}/package.json") and not starts_there:
            yield _found("functions", f"{pattern} matches nothing in {ROOT_DIRECTORY}/")
        if "memory" in limits:
            yield _found(
                "functions", f"{pattern}: memory has no effect; use the project's settings"
            )
        duration = limits.get("maxDuration", longest)
        if duration == "max" or duration > longest:
            yield _found("functions", f"{pattern}: maxDuration must be 1 to {longest} on this plan")


def specific_functions_first(repository: Repository) -> Iterator[Finding]:
    """The first pattern that matches wins, so a general one hides those after it."""
    patterns = list(repository.vercel.get("functions", {}))
    for position, pattern in enumerate(patterns):
        if not pattern.endswith("/**/*"):
            continue
        for later in patterns[position + 1 :]:
            if later.startswith(pattern.removesuffix("**/*")):
                yield _found("functions", f"{later} is never used; move it before {pattern}")


def cron_jobs(repository: Repository) -> Iterator[Finding]:
    """A cron job calls a route of the storefront, no more often than the plan allows."""
    daily_only = repository.vercel_project["plan"] == "hobby"
    for job in repository.vercel.get("crons", []):
        if problem := schedule_problem(job["schedule"]):
            yield _found("crons", problem)
        elif daily_only and not all(part.isdigit() for part in job["schedule"].split()[:2]):
            yield _found("crons", f"{job['schedule']}: the hobby plan runs a job once a day only")
        if not _has_route(repository, job["path"]):
            yield _found("crons", f"{job['path']} has no route in {ROOT_DIRECTORY}/src/app")


def _has_route(repository: Repository, path: str) -> bool:
    application = repository.root / ROOT_DIRECTORY / "src/app"
    wanted = [part for part in path.split("/") if part]
    for route in application.rglob("route.[jt]s"):
        parts = route.relative_to(application).parent.parts
        if [part for part in parts if not part.startswith("(")] == wanted:
            return True
    return False


def guarded_ignore_command(repository: Repository) -> Iterator[Finding]:
    """Vercel clones ten commits: if the previous one is missing, the command has to build.

    A redeploy compares a commit with itself, and has to build: its variables may have changed.
    """
    command = repository.vercel.get("ignoreCommand") or ""
    if "git diff" not in command:
        return
    if "git cat-file -e" not in command or not command.endswith("|| exit 1"):
        yield _found("ignoreCommand", "must guard git diff with git cat-file -e and || exit 1")
    if "VERCEL_GIT_COMMIT_SHA" not in command:
        yield _found("ignoreCommand", "skips a redeploy; compare with VERCEL_GIT_COMMIT_SHA first")


def deployed_by_the_workflow(repository: Repository) -> Iterator[Finding]:
    """Where pushes deploy nothing to production, the workflow has to."""
    if DEPLOY_FROM_CI not in repository.own(VERCEL):
        return
    workflow = repository.text(WORKFLOW) if repository.exists(WORKFLOW) else ""
    if DEPLOY_FROM_CI not in workflow or "vercel deploy --prod" not in workflow:
        message = f"has no job that reads {DEPLOY_FROM_CI} and deploys, so nothing would"
        yield Finding(WORKFLOW, "jobs", message)


def command_lengths(repository: Repository) -> Iterator[Finding]:
    """A command of more than 256 characters makes the deployment fail without a log."""
    for key in COMMANDS:
        length = len(repository.vercel.get(key) or "")
        if length > COMMAND_LENGTH_MAX:
            yield _found(key, f"has {length} characters; the limit is {COMMAND_LENGTH_MAX}")


def content_security_policy(repository: Repository) -> Iterator[Finding]:
    """The policy names each host, and not localhost."""
    policies = [
        header["value"]
        for entry in repository.vercel.get("headers", [])
        for header in entry["headers"]
        if header["key"].lower() == "content-security-policy"
    ]
    if not policies:
        yield _found("headers", "no Content-Security-Policy is set")
    for policy in policies:
        yield from _policy_problems(policy)


def _policy_problems(policy: str) -> Iterator[Finding]:
    directives = directives_of(policy)
    for needed in ("default-src", "base-uri", "object-src", "frame-ancestors", "form-action"):
        if needed not in directives:
            yield _found("Content-Security-Policy", f"{needed} is missing")
    for name, sources in directives.items():
        if not _DIRECTIVE.fullmatch(name):
            yield _found("Content-Security-Policy", f"{name} is not a directive that browsers know")
        for source in sources:
            if _ALLOWS_ANYTHING.fullmatch(source) or "localhost" in source:
                yield _found("Content-Security-Policy", f"{name} allows {source}; name each host")
            if source == "data:" and name in {"default-src", "script-src", "object-src"}:
                yield _found(
                    "Content-Security-Policy", f"{name} allows data:, which can contain code"
                )


def whole_sources(repository: Repository) -> Iterator[Finding]:
    """The policy is extended source by source, so that updates can change it too."""
    own = repository.own(VERCEL)
    for name, sources in own.get(POLICY, {}).items():
        for source in sources:
            if not _SOURCE.fullmatch(str(source)):
                message = f'"{source}" is not one source; write one source per entry'
                yield Finding(OWN[VERCEL], f"{POLICY}, {name}", message)
    for rule in own.get("headers", []):
        for header in rule["headers"]:
            if header["key"].lower() == "content-security-policy":
                message = f"replaces the whole policy; add sources under {POLICY}"
                yield Finding(OWN[VERCEL], f"headers, {header['key']}", message)


def nonce_pages(repository: Repository) -> Iterator[Finding]:
    """A page without the common policy gets its own from the storefront, or it has none."""
    proxy = repository.text(PROXY) if repository.exists(PROXY) else ""
    for page in repository.own(VERCEL).get(NONCE_PAGES, []):
        if not _PAGE.fullmatch(page):
            yield Finding(OWN[VERCEL], NONCE_PAGES, f'"{page}" is not a page such as /orders/[id]')
            continue
        matcher = re.sub(r"\[(?:\.{3}(\w+)|(\w+))\]", lambda m: f":{m[2] or m[1] + '+'}", page)
        if f'"{matcher}"' not in proxy.replace("'", '"'):
            message = f'{page} would have no policy; {PROXY} must have the matcher "{matcher}"'
            yield Finding(OWN[VERCEL], NONCE_PAGES, message)


_PAGE = re.compile(r"(?:/(?:[\w-]+|\[(?:\.{3})?\w+\]))+")
_SOURCE = re.compile(r"[^\s;,]+")
_ALLOWS_ANYTHING = re.compile(r"\*|(?:https?|wss?):(?://\*)?|'unsafe-eval'")


def private_responses(repository: Repository) -> Iterator[Finding]:
    """Responses for one customer are never cached."""
    uncached = [
        entry["source"]
        for entry in repository.vercel.get("headers", [])
        for header in entry["headers"]
        if header["key"].lower() == "cache-control" and "no-store" in header["value"]
    ]
    for path in PRIVATE_PATHS:
        if not any(path.strip("/") in source for source in uncached):
            yield _found("headers", f"{path} must be sent with Cache-Control: no-store")


RULES: tuple[Rule, ...] = (
    read_from_root_directory,
    known_keys,
    near_the_data,
    header_sources,
    function_limits,
    specific_functions_first,
    cron_jobs,
    guarded_ignore_command,
    deployed_by_the_workflow,
    command_lengths,
    content_security_policy,
    whole_sources,
    nonce_pages,
    private_responses,
)
