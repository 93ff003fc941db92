"""Measure what monitoring adds to a page before it is interactive.

The same store is built and served twice: as generated, with Sentry and LogRocket set, and with
monitoring taken out: without its folder, the two instrumentation files and Sentry's wrapper around
Next.js's configuration, while `report()` does nothing. Chromium opens both with an empty cache and
tells what it asked for and when. Counted are the page itself and the storefront's scripts and
styles, by the bytes of their bodies as gzip leaves them (Vercel's Brotli leaves fewer). A page is
interactive when its load event is over and React has taken it over, which is when the shop asks for
the cart.
"""

from __future__ import annotations

import gzip
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from support.running_store import Storefront, copy_of, free_port

from bench.copying import Row, print_rows
from bench.shop import PRODUCT, Shop

LIMIT = 5000
ALL_THERE_MS = 10_000
PAGES = {"home": "/", "product": PRODUCT, "cart": "/cart"}
LOADED = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const others = performance.getEntriesByType("resource");
  const cart = others.find(({ name }) => name.endsWith("/api/cart"));
  const interactive = Math.max(page.loadEventEnd, cart.startTime);
  return others
    .filter(({ name }) => name.includes("/_next/static/"))
    .map(({ encodedBodySize, startTime }) => [encodedBodySize, startTime > interactive]);
}"""


@dataclass(frozen=True)
class Weight:
    """Compressed bytes of one page."""

    before: int
    later: int


def measure(shop: Shop) -> bool:
    """Print what monitoring adds to each page; tell whether that is within the limit."""
    bare = without_monitoring(shop.running.storefront, shop.folder / "bare")
    bare.build()
    bare.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shop.chromium, args=shop.flags)
            found = [
                (name, weigh(browser, bare, path), weigh(browser, shop.running.storefront, path))
                for name, path in PAGES.items()
            ]
            browser.close()
    finally:
        bare.kill()
    rows: list[Row] = [("bytes before interactive", "without", "with", "more", "more after that")]
    for name, without, monitored in found:
        sizes = (without.before, monitored.before, monitored.before - without.before)
        later = monitored.later - without.later
        if later < LIMIT:
            sys.exit(f"Nothing of monitoring arrived after {name} was interactive.")
        rows.append((name, *map(str, sizes), str(later)))
    print_rows(rows)
    most = max(monitored.before - without.before for _, without, monitored in found)
    print(f"monitoring adds {most} bytes at most before a page is interactive (limit {LIMIT})\n")
    return most <= LIMIT


def without_monitoring(storefront: Storefront, folder: Path) -> Storefront:
    """Copy a storefront's store and take monitoring out of it."""
    store = copy_of(storefront.store, folder)
    shutil.rmtree(store / "storefront" / ".next", ignore_errors=True)
    source = store / "storefront" / "src"
    for name in ("instrumentation.ts", "instrumentation-client.ts"):
        (source / name).unlink()
    config = store / "storefront" / "next.config.ts"
    replace(config, r"import .*[sS]entry.*\n", "")
    replace(config, r"withSentryConfig\((\w+), sentryBuild\)", r"\1")
    # Whatever else is imported from it fails the build.
    shutil.rmtree(store / "monitoring")
    stub = store / "monitoring" / "browser" / "report.ts"
    stub.parent.mkdir(parents=True)
    stub.write_text("export function report(_error: unknown): void {}\n")
    log = storefront.log.with_name("bare.log")
    return Storefront(store, storefront.environment, log, free_port())


def replace(file: Path, pattern: str, text: str) -> None:
    """Replace what a pattern finds in a file; there has to be something."""
    changed, count = re.subn(pattern, text, file.read_text())
    if not count:
        sys.exit(f"{pattern} is not in {file.name} any more.")
    file.write_text(changed)


def weigh(browser: Browser, storefront: Storefront, path: str) -> Weight:
    """Weigh a page in a browser that has seen none before."""
    context = browser.new_context()
    # The shop only asks for the cart of a browser that has put something into one.
    context.add_init_script("localStorage.setItem('has-cart', '1')")
    page = context.new_page()
    response = page.goto(f"http://localhost:{storefront.port}{path}")
    assert response is not None
    page.wait_for_timeout(ALL_THERE_MS)
    files = page.evaluate(LOADED)
    # Its own bytes on the wire differ from visit to visit, by where the stream was flushed.
    document = len(gzip.compress(response.body()))
    context.close()
    before = document + sum(size for size, is_late in files if not is_late)
    return Weight(before, sum(size for size, is_late in files if is_late))
