"""An untouched store of each release takes the working tree, and goes on working.

That its files equal a fresh copy's says nothing about the code that no update touches.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
from support import container
from support.browser import chromium_without_network, visiting
from support.checkout import ROOT, WORKING_TREE_TAG, git
from support.copier_cli import copier
from support.deploy import deployed, variables, web_service
from support.edits import insert, replace
from support.history import RECORDED
from support.later import store_of, updates
from support.make_dev import running
from support.running_store import (
    assemble,
    backing,
    build,
    copy_of,
    link_packages,
    locks,
    make,
    run,
)
from support.stores import (
    EXAMPLES_LEFT,
    UNREAD,
    UNREAD_UP_TO,
    answers_of,
    commit,
    findings_and_by_hand,
    without_texts,
)

from luma.versions import version

RELEASES = [*RECORDED]
OLDEST, *BETWEEN, NEWEST = RELEASES
BY_MAKE_UPDATE = {"v0.3.0", BETWEEN[-1], NEWEST}
"""Releases whose `make update` is run: the first that had it, and the newest launchers."""
OWN = ("storefront/", "api/")
STARTER = tuple(f"template/{folder}" for folder in OWN)
FEW_FILES = 10
BUILD_SECONDS = 600
PAGES = {
    "/": "Alder Lounge Chair",
    "/search?q=chair": "Alder Lounge Chair",
    "/products/alder-lounge-chair": "Alder Lounge Chair",
    "/cart": "Cart",
}
"""Pages that the starter of each release has, and what each of them shows."""


Updated = Callable[[str], Path]


def changed_starter(*tags: str) -> list[str]:
    """Return the starter's files that differ between two releases, or one and the working tree."""
    commits = [RECORDED[tag].get("commit", "HEAD") for tag in tags]
    return git("diff", "--name-only", *commits, "--", *STARTER, cwd=ROOT).splitlines()


def keeps_other_code(tag: str) -> bool:
    """Return whether a release's starter differs from today's; no update touches it.

    Where it doesn't, the updated store equals a fresh one, which other tests run.
    """
    return bool(changed_starter(tag))


of_each_end = pytest.mark.parametrize(
    "tag",
    [
        pytest.param(tag, marks=pytest.mark.xdist_group(f"updated {tag}"))
        for tag in (OLDEST, NEWEST)
        if keeps_other_code(tag)
    ],
)
"""Tests of one release's store share a worker, and so one store."""


def update(store: Path, tag: str) -> None:
    """Take the working tree as a team at a release does."""
    if tag in BY_MAKE_UPDATE:
        # The `make update` of v0.3.0 cannot set a fresh clone up.
        for target in ("update",) if (store / ".venv").exists() else ("setup", "update"):
            done = make(store, target)
            assert done.returncode == 0, done.stdout + done.stderr
    else:
        outcome = copier("update", "--trust", "--defaults", cwd=store)
        assert outcome.code == 0, outcome.text
    assert answers_of(store)["_commit"] == WORKING_TREE_TAG
    commit(store, "Take the release")


@pytest.fixture(scope="session")
def updated(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Updated:
    """Return a function from a release to a store of it that took the working tree, set up.

    Nobody may write into what it gives: take a `copy_of` it.
    """

    @cache
    def updated(tag: str) -> Path:
        store = store_of(history, tmp_path_factory.mktemp("updated") / "store", tag)
        update(store, tag)
        if not (store / "storefront/node_modules").exists():
            run(["make", "setup"], store, patience=BUILD_SECONDS)
        return store

    return updated


@of_each_end
def test_it_passes_its_own_ci(tag: str, updated: Updated) -> None:
    store = updated(tag)
    ci = {**os.environ, "CI": "true"}
    for target in ("check", "test"):
        build(["make", target], store, ci)
    assert git("status", "--porcelain", cwd=store) == ""


@of_each_end
def test_it_is_served_on_a_laptop(tag: str, updated: Updated) -> None:
    with running(updated(tag)) as dev:
        storefront, api = dev.wait_until_ready()
        for path, shown in PAGES.items():
            status, page = fetch(storefront + path)
            assert (status, shown in page) == (200, True), page
        assert json.loads(fetch(f"{api}/readyz")[1])["status"] == "ok"
        dev.press_ctrl_c()


def fetch(url: str) -> tuple[int, str]:
    with build_opener(ProxyHandler({})).open(url, timeout=60) as answer:
        return answer.status, answer.read().decode()


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Path]:
    """Return a folder for an image."""
    yield tmp_path / "image"
    container.remove(tmp_path / "image")


@of_each_end
def test_its_container_serves(tag: str, updated: Updated, work: Path, tmp_path: Path) -> None:
    if reason := container.why_impossible():
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    repository = tmp_path / "repository"
    run(["git", "clone", "-q", str(updated(tag)), str(repository)], tmp_path)
    dockerfile = (repository / "render/Dockerfile").read_text()
    image = container.build(dockerfile, repository, work)[-1]
    service = web_service(repository)
    with backing(updated(tag), tmp_path) as (postgres, valkey):
        given = variables(service, postgres.url, valkey.url)
        with deployed(image, service, given, tmp_path / "log") as server:
            assert server.ask("/livez").status == 200
            assert json.loads(server.ask("/readyz").text)["status"] == "ok"
            assert json.loads(server.ask("/products").text)["items"] == []


@of_each_end
def test_its_pages_work_in_a_browser(tag: str, updated: Updated, tmp_path: Path) -> None:
    shop = assemble(copy_of(updated(tag), tmp_path / "store"), tmp_path)
    try:
        shop.api.start()
        shop.storefront.build()
        shop.storefront.start()
        with (
            chromium_without_network() as chromium,
            visiting(chromium.new_context(base_url=shop.address)) as visit,
        ):
            for path, shown in PAGES.items():
                answer = visit.page.goto(path, wait_until="networkidle")
                assert answer is not None
                assert answer.status == 200
                assert shown in visit.page.inner_text("body")
    finally:
        shop.end()


@pytest.fixture(scope="module")
def set_up() -> list[Path]:
    """Return the stores whose packages others can take over."""
    return []


@pytest.mark.xdist_group("updated from between")
@pytest.mark.parametrize(
    "tag",
    [
        tag
        for tag, following in pairwise([*BETWEEN, NEWEST])
        if tag in BY_MAKE_UPDATE or len(changed_starter(tag, following)) > FEW_FILES
    ],
)
def test_a_store_from_between_compiles(
    tag: str, updated: Updated, set_up: list[Path], history: Path, tmp_path: Path
) -> None:
    """Its code differs little from that of the two ends, which are built and run.

    Where it differs from that of the next release in a few files only, that one stands for it.
    """
    store = store_of(history, tmp_path / "store", tag)
    # Those that no update touches: the store's own.
    own = {name: lock for name, lock in locks(store).items() if name.startswith(OWN)}
    if alike := [other for other in set_up if own.items() <= locks(other).items()]:
        link_packages(alike[0], store)
        update(store, tag)
    else:
        store = updated(tag)
        set_up.append(store)

    unread = UNREAD if version(tag) <= version(UNREAD_UP_TO) else []
    findings, left = findings_and_by_hand(store)
    assert (findings, without_texts(store, left)) == ([], unread + EXAMPLES_LEFT)
    # `make update` has ended with `make check`, which compiles it.
    if tag not in BY_MAKE_UPDATE:
        build(["npm", "--prefix", "storefront", "run", "typecheck"], store)


@pytest.mark.xdist_group(f"updated {OLDEST}")
def test_what_the_oldest_starter_lacks_works_once_its_team_has_done_the_step(
    updated: Updated, history: Path, tmp_path: Path
) -> None:
    """The steps under "By hand" of v0.2.0 and v0.3.0 that concern what a store reports."""
    store = copy_of(updated(OLDEST), tmp_path / "store")
    reference = store_of(history, tmp_path / "reference", "v0.2.0")
    for file in (
        "storefront/package.json",
        "storefront/package-lock.json",
        "storefront/tsconfig.json",
        "api/pyproject.toml",
        "api/requirements.in",
        "api/requirements.txt",
        "api/requirements-dev.in",
        "api/requirements-dev.txt",
    ):
        shutil.copyfile(reference / file, store / file)
    report_from_the_storefront(store)
    report_from_the_api(store)
    commit(store, "Do what was left by hand")
    for file in ("instrumentation.ts", "instrumentation-client.ts"):
        assert updates(store, "doctor", "--fix", f"storefront/src/{file}").code == 0
    commit(store, "Start Sentry in the storefront")

    assert findings_and_by_hand(store) == ([], UNREAD + EXAMPLES_LEFT)
    shutil.rmtree(store / "storefront/node_modules")
    run(["make", "setup"], store, patience=BUILD_SECONDS)
    shop = assemble(store, tmp_path)
    try:
        shop.api.start()
        shop.storefront.build()
        shop.storefront.start()
        assert fetch(f"{shop.address}/")[0] == 200
        assert "Sentry is off: NEXT_PUBLIC_SENTRY_DSN is not set." in shop.storefront.output
        assert "Sentry is off" in shop.api.output
    finally:
        shop.end()


def report_from_the_storefront(store: Path) -> None:
    storefront = store / "storefront"
    config = storefront / "next.config.ts"
    insert(
        config,
        'import { withSentryConfig } from "@sentry/nextjs/config";\n'
        'import { sentryBuild } from "../monitoring/build";\n',
        before='import type { NextConfig } from "next";\n',
    )
    replace(
        config,
        "return nextConfig;",
        "return withSentryConfig(nextConfig, sentryBuild) as NextConfig;",
    )
    replace(config, 'import vercel from "../vercel/vercel.json"',
            'import { config as vercel } from "../vercel/config"')  # fmt: skip
    env = storefront / "src/lib/env.ts"
    env.write_text(re.sub(r"(?<!PUBLIC_)VERCEL_ENV", "NEXT_PUBLIC_VERCEL_ENV", env.read_text()))


def report_from_the_api(store: Path) -> None:
    insert(
        store / "api/app/settings.py",
        "    sentry_dsn: str | None = None\n    sentry_traces_sample_rate: float = 0\n",
        before="    log_level: ",
    )
    main = store / "api/app/main.py"
    insert(
        main, "from monitoring import api as monitoring\n", before="from fastapi import FastAPI\n"
    )
    insert(
        main,
        "    monitoring.start(\n"
        "        dsn=settings.sentry_dsn,\n"
        "        environment=settings.environment,\n"
        "        release=settings.release,\n"
        "        traces_sample_rate=settings.sentry_traces_sample_rate,\n"
        "    )\n",
        after="    logs.configure(settings)\n",
    )
