"""One installed and running store for every test in this folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser
from support.browser import DESKTOP, NewVisit, Visit, chromium_without_network, visiting
from support.running_store import (
    Installed,
    RunningStore,
    Storefront,
    assemble,
    copy_of,
    free_port,
)
from tools.dev.environment import STAND_IN_SECRETS
from tools.dev.stripe_stand_in import StandIn

HERE = Path(__file__).parent


# xdist reads the groups in the same hook.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Run each file in one worker, and all files that use the session's store in the same one."""
    here = [item for item in items if HERE in item.path.parents]
    of_session = {item.path for item in here if "running_store" in item.fixturenames}
    for item in here:
        group = "running store" if item.path in of_session else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def stripe() -> Iterator[StandIn]:
    """Return the stand-in for Stripe that takes the session's store's payments."""
    key, webhook_secret = STAND_IN_SECRETS.values()
    stand_in = StandIn(key, webhook_secret, webhook="")
    server = stand_in.serve(free_port())
    yield stand_in
    server.shutdown()


@pytest.fixture(scope="session")
def running_store(
    installed: Installed, stripe: StandIn, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningStore]:
    """Return a store with LogRocket that runs: whoever stops a part of it starts it again."""
    folder = tmp_path_factory.mktemp("running")
    store = copy_of(installed(enable_logrocket=True), folder / "store")
    (store / "monitoring/own.json").write_text('{"publicPages": ["/stories/[...path]"]}')
    account = {"STRIPE_ORIGIN": stripe.origin, **STAND_IN_SECRETS}
    running = assemble(store, folder, NEXT_PUBLIC_LOGROCKET_APP_ID="luma/tests", **account)
    stripe.webhook = f"http://127.0.0.1:{running.api.port}/webhooks/stripe"
    try:
        running.api.start()
        running.storefront.build()
        running.storefront.start()
        yield running
    finally:
        running.end()


@pytest.fixture(scope="session")
def plain_storefront(
    installed: Installed, running_store: RunningStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Storefront]:
    """Return the storefront of the same store without LogRocket, built with every secret set."""
    folder = tmp_path_factory.mktemp("plain")
    store = copy_of(installed(), folder / "store")
    public = Path("storefront", "public")
    shutil.copytree(running_store.store / public, store / public)
    port = free_port()
    contract = yaml.safe_load((store / "env.yml").read_text())["variables"]
    environment = {
        **running_store.storefront.environment,
        **{name: f"secret-{name}" for name in contract if contract[name]["kind"] == "secret"},
        "NEXT_PUBLIC_SITE_URL": f"http://localhost:{port}",
        "NEXT_PUBLIC_CLOUDINARY_CLOUD_NAME": "public-cloud",
        "SENTRY_ORG": "tests",
        "SENTRY_URL": "http://127.0.0.1:1",
    }
    storefront = Storefront(store, environment, folder / "storefront.log", port)
    try:
        storefront.build()
        storefront.start()
        yield storefront
    finally:
        storefront.kill()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with chromium_without_network() as browser:
        yield browser


@pytest.fixture
def new_visit(chromium: Browser, running_store: RunningStore) -> Iterator[NewVisit]:
    """Return a function that opens a browser profile; its arguments are the profile's."""
    with ExitStack() as stack:

        def new_visit(size: tuple[int, int] = DESKTOP, **options: Any) -> Visit:
            viewport = {"width": size[0], "height": size[1]}
            profile = {"base_url": running_store.address, "viewport": viewport, **options}
            return stack.enter_context(visiting(chromium.new_context(**profile)))

        yield new_visit
