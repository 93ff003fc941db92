"""Score the built store with Lighthouse, as on a phone, before anybody consented to anything.

Search results and the cart keep themselves out of search engines on purpose: their SEO is scored
without the one audit that asks for the opposite, by Lighthouse's own rule, the weighted mean.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from statistics import median
from typing import Any

from support.checkout import ROOT

from bench.copying import Row, print_rows
from bench.shop import PRODUCT, Shop

TARGETS = {"performance": 98, "accessibility": 100, "best-practices": 100, "seo": 100}
ROUNDS = 5
TRIES = 3
PAGES = {
    "home": "/",
    "product": PRODUCT,
    "category": "/categories/kitchen",
    "search": "/search?q=oak",
    "cart": "/cart",
}
KEPT_OUT = {"search", "cart"}
INDEXED = "is-crawlable"
PROGRAM = ROOT / "tests" / "node" / "node_modules" / ".bin" / "lighthouse"

Report = dict[str, Any]


def audit(shop: Shop) -> bool:
    """Print each page's median scores; tell whether all of them reach the target."""
    reports: dict[str, list[Report]] = {name: [] for name in PAGES}
    for _ in range(ROUNDS):
        for name, path in PAGES.items():
            reports[name].append(report(shop, path))
    rows: list[Row] = [("page", *TARGETS, "performance of each run", "CPU of each run")]
    losses = []
    for name, found in reports.items():
        scores = {part: [score(one, part, name) for one in found] for part in TARGETS}
        medians = {part: median(values) for part, values in scores.items()}
        each = " ".join(f"{value:.0f}" for value in scores["performance"])
        speed = " ".join(f"{one['environment']['benchmarkIndex']:.0f}" for one in found)
        rows.append((name, *(f"{value:.0f}" for value in medians.values()), each, speed))
        for part, value in medians.items():
            if round(value) < TARGETS[part]:
                losses.append(f"{name} loses {part} by {', '.join(lost(found[-1], part))}")
    print_rows(rows)
    print(f"Medians of {ROUNDS} runs. SEO of {' and '.join(sorted(KEPT_OUT))} without {INDEXED}:")
    print("these pages keep themselves out of search engines on purpose.")
    print("\n".join(losses) or "every score is what was promised, or more")
    return not losses


def report(shop: Shop, path: str) -> Report:
    """Return Lighthouse's report on a page, asked again where Chromium lost its trace."""
    # Its parser knows quotes behind the equals sign only.
    flags = " ".join(re.sub("=(.*)", r'="\1"', flag) for flag in shop.flags)
    command = [
        str(PROGRAM),
        f"{shop.running.address}{path}",
        "--quiet",
        "--output=json",
        "--form-factor=mobile",
        f"--only-categories={','.join(TARGETS)}",
        f"--chrome-flags=--headless=new {flags}",
        "--no-enable-error-reporting",
    ]
    environment = {**os.environ, "CHROME_PATH": shop.chromium}
    for _ in range(TRIES):
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
        if not done.returncode:
            found: Report = json.loads(done.stdout)
            return found
    sys.exit(f"Lighthouse failed on {path} {TRIES} times:\n{done.stderr}")


def score(found: Report, category: str, page: str) -> float:
    """Return a category's score, from 0 to 100."""
    left_out = INDEXED if page in KEPT_OUT else None
    total = weighted = 0.0
    for reference in found["categories"][category]["auditRefs"]:
        value = found["audits"][reference["id"]]["score"]
        if reference["id"] != left_out and value is not None:
            total += reference["weight"]
            weighted += reference["weight"] * value
    return 100 * weighted / total


def lost(found: Report, category: str) -> list[str]:
    """Name the audits that cost a page points."""
    return [
        f"{reference['id']} {found['audits'][reference['id']]['score']:.2f}"
        for reference in found["categories"][category]["auditRefs"]
        if reference["weight"] and (found["audits"][reference["id"]]["score"] or 0) < 1
    ]
