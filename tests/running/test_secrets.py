"""No secret of a store reaches a browser: neither in a chunk nor in a page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from support.running_store import RunningStore, Storefront, ask

PAGES = ("/", "/search?q=oak", "/products/oak-stool", "/cart", "/nowhere", "/robots.txt")
PRERENDERED = {".html", ".rsc", ".meta", ".body"}


@pytest.fixture(params=["with LogRocket", "without LogRocket"])
def storefront(
    request: pytest.FixtureRequest, running_store: RunningStore, plain_storefront: Storefront
) -> Storefront:
    return running_store.storefront if request.param == "with LogRocket" else plain_storefront


def client_output(storefront: Storefront) -> Iterator[tuple[str, bytes]]:
    """Return all that a browser can get, by its name."""
    built = storefront.folder() / ".next"
    files = [
        *built.glob("static/**/*"),
        *storefront.folder().glob("public/**/*"),
        *(file for file in built.glob("server/app/**/*") if file.suffix in PRERENDERED),
    ]
    for file in files:
        if file.is_file():
            yield str(file), file.read_bytes()
    for path in PAGES:
        for headers in ({}, {"RSC": "1"}):
            answer = ask(storefront.port, path, headers=headers)
            yield path, str(answer.headers).encode() + answer.body


def found(storefront: Storefront, value: str) -> list[str]:
    return [name for name, output in client_output(storefront) if value.encode() in output]


def secrets(storefront: Storefront) -> dict[str, str]:
    contract = yaml.safe_load((storefront.store / "env.yml").read_text())["variables"]
    return {
        name: storefront.environment[name]
        for name in contract
        if contract[name]["kind"] == "secret" and name in storefront.environment
    }


def test_no_secret_is_in_what_a_browser_gets(storefront: Storefront) -> None:
    # Those that a laptop has; the storefront without LogRocket has every other one as well.
    assert secrets(storefront).keys() >= {"REVALIDATE_SECRET", "DATABASE_URL", "ADMIN_TOKEN"}
    for name, value in secrets(storefront).items():
        assert found(storefront, value) == [], name


def test_a_public_value_is_found(plain_storefront: Storefront) -> None:
    pages = found(plain_storefront, plain_storefront.environment["NEXT_PUBLIC_SITE_URL"])
    assert "/" in pages
    cloud_name = plain_storefront.environment["NEXT_PUBLIC_CLOUDINARY_CLOUD_NAME"]
    assert any("/static/chunks/" in name for name in found(plain_storefront, cloud_name))
