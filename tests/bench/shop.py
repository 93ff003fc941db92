"""A generated store with Sentry and LogRocket set, and Chromium that reaches nothing but it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from copier import run_copy
from support.browser import installed_program, offline
from support.checkout import WORKING_TREE_TAG, export_template
from support.running_store import RunningStore, assemble, install
from support.sentry_stand_in import INGEST_HOST, PUBLIC_KEY, in_its_own_process

from bench.copying import tagged

PRODUCT = "/products/oak-stool"


@dataclass(frozen=True)
class Shop:
    """A store whose API answers, and which is not built yet."""

    running: RunningStore
    folder: Path
    chromium: str
    flags: tuple[str, ...]
    """For Chromium: Sentry's host is a stand-in, and every other name is unknown."""


@contextmanager
def shop(folder: Path) -> Iterator[Shop]:
    """Return a store of this working tree, on loopback."""
    chromium = installed_program()
    if chromium is None:
        sys.exit("Chromium is not installed (on Debian: apt-get install chromium).")
    (folder / "sentry").mkdir()
    with in_its_own_process(folder / "sentry") as ports:
        running = assemble(
            installed(folder),
            folder,
            NEXT_PUBLIC_SENTRY_DSN=f"https://{PUBLIC_KEY}@{INGEST_HOST}/1",
            NEXT_PUBLIC_LOGROCKET_APP_ID="luma/bench",
            https_proxy=f"http://127.0.0.1:{ports['plain']}",
            NODE_EXTRA_CA_CERTS=str(folder / "sentry" / "ca.pem"),
        )
        flags = ("--no-sandbox", *offline({INGEST_HOST: ports["tls"]}))
        try:
            running.api.start()
            yield Shop(running, folder, chromium, flags)
        finally:
            running.end()


def installed(folder: Path) -> Path:
    """Generate a store with LogRocket and set it up."""
    template = tagged(export_template(folder / "template"))
    run_copy(
        str(template),
        folder / "generated",
        data={"enable_logrocket": True},
        vcs_ref=WORKING_TREE_TAG,
        defaults=True,
        quiet=True,
        unsafe=True,
    )
    install(folder / "generated", folder / "store")
    return folder / "store"
