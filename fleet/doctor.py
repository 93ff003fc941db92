"""Tell how one store differs from its release, as one JSON object that names the store."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from updates.problems import UpdateError
from updates.store import find

from fleet import tool


def main() -> int:
    """Print what `make doctor` finds; return 1 where it could not look."""
    parser = argparse.ArgumentParser(prog="fleet/doctor-store", description=__doc__)
    parser.add_argument("store", type=Path, nargs="?", default=Path())
    parser.add_argument("--trust", required=True, action="append", metavar="ADDRESS")
    given = parser.parse_args()
    root = given.store.resolve()
    try:
        store = find(root)
        tool.refuse_untrusted(store, given.trust)
        found = tool.run(store, given.trust, ["doctor", "--json"])
    except UpdateError as error:
        found = {"state": "refused", "message": str(error)}
    print(json.dumps({"store": tool.name_of(root), **found}, ensure_ascii=False))
    return int("state" in found)


if __name__ == "__main__":
    sys.exit(main())
