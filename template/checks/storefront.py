"""Rules for vercel/vercel.json that Vercel's schema and build do not know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .blueprint import databases
from .cron import schedule_problem
from .repository import VERCEL, Finding, Repository, Rule

ROOT_DIRECTORY = "storefront"
POINTER = f"{ROOT_DIRECTORY}/vercel.ts"
KNOWN_KEYS = {
    "$schema", "buildCommand", "bunVersion", "crons", "devCommand", "fluid", "framework",
    "functionFailoverRegions", "functions", "git", "headers", "ignoreCommand", "installCommand",
    "outputDirectory", "redirects", "regions", "relatedProjects", "rewrites", "trailingSlash",
}  # fmt: skip
KEYS_WITHOUT_EFFECT = {
    "build": "set variables in the project's settings",
    "builds": "let the framework decide",
    "cleanUrls": "Next.js has clean URLs",
    "env": "set variables in the project's settings",
    "images": "set images in next.config.ts",
    "memory": "set it in the project's settings",
    "routes": "use headers, redirects and rewrites",
}
COMMANDS = ("buildCommand", "devCommand", "ignoreCommand", "installCommand", "outputDirectory")
COMMAND_LENGTH_MAX = 256
REGION_OF_RENDER = {
    "oregon": "pdx1",
    "ohio": "cle1",
    "virginia": "iad1",
    "frankfurt": "fra1",
    "singapore": "sin1",
}


def _found(where: str, message: str) -> Finding:
    return Finding(VERCEL, where, message)


def read_from_root_directory(repository: Repository) -> Iterator[Finding]:
    """Vercel reads one configuration, from the Root Directory, and ignores any other."""
    pointer = repository.text(POINTER) if repository.exists(POINTER) else ""
    if not re.search(
        r'import (\w+) from "\.\./vercel/vercel\.json";\s*export \{ \1( as default)?', pointer
    ):
        imported = "../vercel/vercel.json"
        yield Finding(POINTER, "whole file", f"has to import {imported} and export it as config")
    for stray in ("vercel.json", "vercel.toml", "vercel.ts", f"{ROOT_DIRECTORY}/vercel.json"):
        if repository.exists(stray):
            yield Finding(stray, "whole file", f"collides with {POINTER}; take it away")


def known_keys(repository: Repository) -> Iterator[Finding]:
    """An unknown key fails every deployment, though the CLI accepts it."""
    for key in repository.vercel:
        if key in KEYS_WITHOUT_EFFECT:
            yield _found(key, f"has no effect here; {KEYS_WITHOUT_EFFECT[key]}")
        elif key not in KNOWN_KEYS:
            yield _found(key, "is not a key that Vercel knows; deployments would fail")


def near_the_data(repository: Repository) -> Iterator[Finding]:
    """Functions run beside the database; Vercel's default is Washington DC."""
    region = next((item.get("region", "") for item in databases(repository)), "")
    wanted = [REGION_OF_RENDER.get(region, "")]
    if repository.vercel.get("regions") != wanted:
        given = repository.vercel.get("regions")
        yield _found("regions", f"{given} is not {wanted}, the region beside Render's {region}")


def header_sources(repository: Repository) -> Iterator[Finding]:
    """A source is a path pattern that begins with a slash."""
    for kind in ("headers", "redirects", "rewrites"):
        for entry in repository.vercel.get(kind, []):
            source = entry["source"]
            if not source.startswith("/"):
                yield _found(kind, f'source "{source}" has to begin with /')
            if not _is_pattern(source):
                yield _found(kind, f'source "{source}" is not a valid pattern')


def _is_pattern(source: str) -> bool:
    try:
        re.compile(re.sub(r":(\w+)", r"(?P<\1>[^/]+)", source))
    except re.error:
        return False
    return True


def function_limits(repository: Repository) -> Iterator[Finding]:
    """A pattern counts only from the Root Directory, and the first match wins."""
    patterns = list(repository.vercel.get("functions", {}).items())
    for position, (pattern, limits) in enumerate(patterns):
        base = pattern.partition("*")[0].rstrip("/")
        starts_there = repository.exists(f"{ROOT_DIRECTORY}/{base}")
        if repository.exists(f"{ROOT_DIRECTORY}/package.json") and not starts_there:
            yield _found("functions", f"{pattern} matches nothing in {ROOT_DIRECTORY}/")
        if "memory" in limits:
            yield _found(
                "functions", f"{pattern}: memory has no effect; use the project's settings"
            )
        for later, _ in patterns[position + 1 :]:
            if later.startswith(base) and len(later) > len(pattern):
                yield _found("functions", f"{later} is never reached; put it before {pattern}")


def cron_jobs(repository: Repository) -> Iterator[Finding]:
    """A cron job calls a route of the storefront on a five-field schedule."""
    for job in repository.vercel.get("crons", []):
        if problem := schedule_problem(job["schedule"]):
            yield _found("crons", problem)
        if not repository.exists(f"{ROOT_DIRECTORY}/src/app{job['path']}/route.ts"):
            yield _found("crons", f"{job['path']} has no route in {ROOT_DIRECTORY}/src/app")


def guarded_ignore_command(repository: Repository) -> Iterator[Finding]:
    """Vercel clones ten commits: a missing one must build, not fail the deployment."""
    command = repository.vercel.get("ignoreCommand", "")
    if "git diff" in command and not (
        "git cat-file -e" in command and command.endswith("|| exit 1")
    ):
        yield _found("ignoreCommand", "has to guard git diff with git cat-file -e and || exit 1")


def command_lengths(repository: Repository) -> Iterator[Finding]:
    """A command of more than 256 characters fails the deployment without a log."""
    for key in COMMANDS:
        length = len(repository.vercel.get(key) or "")
        if length > COMMAND_LENGTH_MAX:
            yield _found(key, f"has {length} characters; {COMMAND_LENGTH_MAX} are allowed")


def content_security_policy(repository: Repository) -> Iterator[Finding]:
    """The policy names each host, and none of a developer's machine."""
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
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    for needed in ("default-src", "base-uri", "object-src", "frame-ancestors", "form-action"):
        if needed not in directives:
            yield _found("Content-Security-Policy", f"{needed} is missing")
    for name, sources in directives.items():
        for source in sources.split():
            if source in {"*", "https:", "http:", "'unsafe-eval'"} or "localhost" in source:
                yield _found("Content-Security-Policy", f"{name} allows {source}; name each host")


def private_responses(repository: Repository) -> Iterator[Finding]:
    """Answers that belong to one customer are never kept by a cache."""
    for entry in repository.vercel.get("headers", []):
        values = {header["key"].lower(): header["value"] for header in entry["headers"]}
        if _is_private(entry) and "no-store" not in values.get("cache-control", ""):
            yield _found("headers", f"{entry['source']} has to be sent with Cache-Control no-store")


def _is_private(entry: dict[str, Any]) -> bool:
    return bool(re.search(r"\b(cart|checkout|account)\b", entry["source"]))


RULES: tuple[Rule, ...] = (
    read_from_root_directory,
    known_keys,
    near_the_data,
    header_sources,
    function_limits,
    cron_jobs,
    guarded_ignore_command,
    command_lengths,
    content_security_policy,
    private_responses,
)
