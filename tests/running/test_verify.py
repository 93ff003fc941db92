"""What `make live` checks of a running store holds for one that is built and started as one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.running_store import RunningStore
from tools.repository import Repository

from luma.live import transport, verify
from luma.live.verify import running

SECRETS: dict[str, Any] = {
    "ADMIN_TOKEN": "a" * 32,
    "REVALIDATE_SECRET": "r" * 32,
    "STOREFRONT_SECRET": "s" * 32,
}


@pytest.fixture(scope="module")
def live(running_store: RunningStore) -> Iterator[RunningStore]:
    """Return the store with what a live one has set."""
    storefront, api = running_store.storefront, running_store.api
    for server in (storefront, api):
        server.kill()
    try:
        api.start(
            **SECRETS,
            ENVIRONMENT="preview",
            MEDIA_FOLDER="luma-store/preview",
            REQUIRE_STOREFRONT_SECRET="true",  # noqa: S106 - no secret
            RENDER_GIT_COMMIT="0" * 40,
            STOREFRONT_ORIGIN=None,
            STRIPE_ORIGIN=None,
            STRIPE_SECRET_KEY=None,
            STRIPE_WEBHOOK_SECRET=None,
        )
        storefront.start(**SECRETS)
        yield running_store
    finally:
        for server in (storefront, api):
            server.kill()
            server.start()


def failures(store: RunningStore) -> dict[str, str]:
    """Return the checks that fail, and expect that only those are skipped that need a host."""
    known = {
        "API_ORIGIN": f"http://localhost:{store.api.port}",
        "REVALIDATE_SECRET": SECRETS["REVALIDATE_SECRET"],
        "REQUIRE_STOREFRONT_SECRET": "true",
    }
    checks = {**verify.READING, **verify.WRITING}
    with transport.client() as asking:
        repository = Repository(store.store)
        it = running.Running(repository, store.address, known, lambda *_: False, asking)
        ticks = [*verify.ticks(it, checks)]
    assert {tick.name for tick in ticks if tick.state == "skipped"} == {
        "certificate of the storefront",
        "http leads to https",
        "region of the functions",
        "release of the storefront",
        "release of the API",
        "signed upload and its delivery",
        "events arrive in Sentry",
    }
    return {tick.name: tick.why for tick in ticks if tick.state == "failed"}


def test_all_that_can_hold_on_this_machine_holds(live: RunningStore) -> None:
    assert failures(live) == {}


def test_what_a_missing_cache_breaks_is_seen(live: RunningStore) -> None:
    live.valkey.stop()
    try:
        failed = failures(live)
    finally:
        live.valkey.start()
    lost = "cannot reach the cache: monitoring/runbooks/store-down.md says what to do."
    assert failed == {
        "API ready through the storefront": f"{live.address}/api/readyz {lost}",
        "API ready at its own address": f"http://localhost:{live.api.port}/readyz {lost}",
        "limits past the storefront": f"http://localhost:{live.api.port} lets 240 changes pass in "
        "a row past the storefront: deploy the API again, so that it has "
        "REQUIRE_STOREFRONT_SECRET, and see that its cache is reachable.",
    }
