"""A generated store with Sentry and LogRocket set, and Chromium that reaches nothing but it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import shake_256
from pathlib import Path

from conftest import WORKING_TREE_TAG, export_template
from copier import run_copy
from running.browser import PROGRAMS
from running.sentry_stand_in import INGEST_HOST, PUBLIC_KEY
from running.store import RunningStore, assemble, install

from bench.copying import tagged

PRODUCT = "/products/alder-lounge-chair"
PHOTOGRAPH = 40_000


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
    """Give a store of this working tree, on loopback."""
    chromium = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if chromium is None:
        sys.exit("Chromium is not installed (on Debian: apt-get install chromium).")
    with sentry_stand_in(folder / "sentry") as (plain, tls):
        running = assemble(
            installed(folder),
            folder,
            NEXT_PUBLIC_SENTRY_DSN=f"https://{PUBLIC_KEY}@{INGEST_HOST}/1",
            NEXT_PUBLIC_LOGROCKET_APP_ID="luma/bench",
            https_proxy=f"http://127.0.0.1:{plain}",
            NODE_EXTRA_CA_CERTS=str(folder / "sentry" / "ca.pem"),
        )
        hosts = f"MAP {INGEST_HOST} 127.0.0.1:{tls},MAP * ~NOTFOUND"
        flags = (
            "--no-sandbox",
            "--ignore-certificate-errors",
            f"--host-resolver-rules={hosts},EXCLUDE 127.0.0.1,EXCLUDE localhost",
        )
        try:
            give_weight_to_pictures(running.store)
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


def give_weight_to_pictures(store: Path) -> None:
    """Make each sample picture as heavy as a photograph on a phone.

    Drawings of a few hundred bytes load too fast, and Chromium takes them for background: something
    else would be the largest content of a product's page.
    """
    ballast = shake_256().hexdigest(PHOTOGRAPH // 2)
    for picture in (store / "storefront" / "public" / "seed").glob("*.svg"):
        picture.write_text(f"{picture.read_text()}<!--{ballast}-->")


@contextmanager
def sentry_stand_in(folder: Path) -> Iterator[tuple[int, int]]:
    """Give the ports on which a stand-in for Sentry takes envelopes: without and with TLS."""
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "running.sentry_stand_in", str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        ports = folder / "ports.json"
        while not ports.exists():
            if process.poll() is not None:
                sys.exit("The stand-in for Sentry ended early.")
            time.sleep(0.05)
        found = json.loads(ports.read_text())
        yield found["plain"], found["tls"]
    finally:
        process.kill()
        process.wait()
