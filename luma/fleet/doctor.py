"""Print how one store differs from its release, as one JSON object that names the store."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from luma.fleet import tool
from luma.problems import LumaError
from luma.store import find


def main(arguments: Sequence[str]) -> int:
    """Print what `make doctor`, and `make live-check`, find; return 1 where it could not look."""
    parser = argparse.ArgumentParser(prog="luma fleet doctor", description=__doc__)
    parser.add_argument("store", type=Path, nargs="?", default=Path())
    parser.add_argument("--trust", required=True, action="append", metavar="ADDRESS")
    parser.add_argument(
        "--live", action="store_true", help="also compare the vendors with what the store declares"
    )
    given = parser.parse_args(arguments)
    root = given.store.resolve()
    try:
        store = find(root)
        tool.refuse_untrusted(store.source, given.trust)
        found = tool.run(store, given.trust, ["doctor"])
        if given.live:
            found["live"] = tool.run(store, given.trust, ["live", "check"])
    except LumaError as error:
        found = {"state": "refused", "message": str(error)}
    print(json.dumps({"store": tool.name_of(root), **found}, ensure_ascii=False))
    return int("state" in found)
