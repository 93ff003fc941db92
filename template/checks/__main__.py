"""Run every rule over this repository: `python -m checks`."""

import sys
from pathlib import Path

from . import blueprint, environment, media, monitoring, storefront
from .repository import BrokenFile, Repository

ROOMS = (blueprint, storefront, environment, media, monitoring)


def main() -> int:
    """Print each finding on a line of its own; give 1 where there is one, else 0."""
    repository = Repository(Path(__file__).parent.parent)
    rules = [rule for room in ROOMS for rule in room.RULES]
    try:
        findings = [finding for rule in rules for finding in rule(repository)]
    except BrokenFile as error:
        findings = [error.finding]
    for finding in findings:
        print(finding, file=sys.stderr)
    print(f"{len(rules)} rules, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
