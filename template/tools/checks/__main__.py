"""Run every rule over this repository: `python -m tools.checks`."""

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

from ..repository import BLUEPRINT, OWN, BrokenFileError, Finding, Repository, Rule
from . import blueprint, code, environment, media, monitoring, own, packages, provenance, storefront

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {
    "render/render.yaml": blueprint.RULES,
    "vercel/vercel.json": storefront.RULES,
    "env.yml": environment.RULES,
    "storefront/ and api/": code.RULES,
    "storage/cloudinary.yml": media.RULES,
    "monitoring/": monitoring.RULES,
    "env.own.yml": own.RULES,
    "the lock files": packages.RULES,
    "the repository": provenance.RULES,
}


def main() -> int:
    """Print each finding on a line of its own. Return 1 if production would refuse one, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tools.checks", description=__doc__)
    parser.add_argument("--store", type=Path, default=ROOT, help="another repository than this")
    parser.add_argument("--json", action="store_true", help="print one list of the findings")
    given = parser.parse_args()
    found = findings(Repository(given.store))
    if given.json:
        print(json.dumps([asdict(finding) for finding in found]))
        return 0
    refused = [finding for finding in found if not finding.by_hand]
    by_hand = [finding for finding in found if finding.by_hand]
    for finding in by_hand:
        print(f"By hand: {finding}")
    for finding in refused:
        print(finding, file=sys.stderr)
    rules = f"{sum(map(len, ROOMS.values()))} rules, {len(refused)} findings"
    print(rules + (f", {len(by_hand)} left to do by hand" if by_hand else ""))
    return 1 if refused else 0


def findings(repository: Repository) -> list[Finding]:
    """Return what every rule finds in a repository."""
    found = (
        finding
        for file, rules in ROOMS.items()
        for rule in rules
        for finding in _findings(rule, file, repository)
    )
    return list(dict.fromkeys(found))


def _findings(rule: Rule, file: str, repository: Repository) -> list[Finding]:
    """Return a rule's findings. One that the store's additions cause names the store's file."""
    found = _apply(rule, file, repository)
    without = _apply(rule, file, repository.without_own) if found else []
    return [replace(each, file=_file_of(each, without, repository)) for each in found]


def _file_of(finding: Finding, without: list[Finding], repository: Repository) -> str:
    if finding.file == BLUEPRINT:
        # The Blueprint always contains the additions.
        return OWN[BLUEPRINT] if _is_of_own_service(finding, repository) else BLUEPRINT
    return finding.file if finding in without else OWN.get(finding.file, finding.file)


def _is_of_own_service(finding: Finding, repository: Repository) -> bool:
    try:
        services = repository.own(BLUEPRINT).get("services", [])
    except BrokenFileError:
        return False
    return any(finding.where.partition(", ")[0] == service["name"] for service in services)


def _apply(rule: Rule, file: str, repository: Repository) -> list[Finding]:
    try:
        return list(rule(repository))
    except BrokenFileError as error:
        return [error.finding]
    except Exception:
        message = "does not have the expected structure, so the rules cannot read it"
        return [Finding(file, "whole file", message)]


if __name__ == "__main__":
    sys.exit(main())
