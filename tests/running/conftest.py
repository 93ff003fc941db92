"""One installed and running store for every test in this folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from support.running_store import (
    Installed,
    RunningStore,
    Storefront,
    assemble,
    copy_of,
    free_port,
)

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
def running_store(
    installed: Installed, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningStore]:
    """Return a store with LogRocket that runs: whoever stops a part of it starts it again."""
    folder = tmp_path_factory.mktemp("running")
    store = copy_of(installed(enable_logrocket=True), folder / "store")
    (store / "monitoring/own.json").write_text('{"publicPages": ["/stories/[...path]"]}')
    running = assemble(store, folder, NEXT_PUBLIC_LOGROCKET_APP_ID="luma/tests")
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
