"""Measure what a customer's browser pays for the store."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from bench import lighthouse, page_weight
from bench.copying import make_hermetic
from bench.shop import shop


def main() -> None:
    """Measure, print what was found, and fail where a promise is not kept."""
    argparse.ArgumentParser(prog="bench.browser", description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-browser-") as name:
        folder = Path(name).resolve()
        make_hermetic(folder)
        with shop(folder) as built:
            built.running.storefront.build()
            built.running.storefront.start()
            kept = [page_weight.measure(built)]
            print(f"load average before = {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
            kept.append(lighthouse.audit(built))
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
