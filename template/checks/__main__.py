"""Run every rule over this repository: `python -m checks`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from . import blueprint, code, environment, media, monitoring, storefront
from .repository import BrokenFileError, Finding, Repository, Rule

ROOMS = {
    "render/render.yaml": blueprint.RULES,
    "vercel/vercel.json": storefront.RULES,
    "env.yml": environment.RULES,
    "storefront/ and api/": code.RULES,
    "storage/cloudinary.yml": media.RULES,
    "monitoring/": monitoring.RULES,
}


def main() -> int:
    """Print each finding on a line of its own; give 1 where there is one, else 0."""
    repository = Repository(Path(__file__).parent.parent)
    findings = dict.fromkeys(
        finding
        for file, rules in ROOMS.items()
        for rule in rules
        for finding in _apply(rule, file, repository)
    )
    for finding in findings:
        print(finding, file=sys.stderr)
    print(f"{sum(map(len, ROOMS.values()))} rules, {len(findings)} findings")
    return 1 if findings else 0


def _apply(rule: Rule, file: str, repository: Repository) -> Iterator[Finding]:
    try:
        yield from rule(repository)
    except BrokenFileError as error:
        yield error.finding
    except Exception:
        yield Finding(file, "structure", "is not built as its schema says, so no rule can read it")


if __name__ == "__main__":
    sys.exit(main())
