"""The pages at /admin in a browser: what they forbid themselves breaks nothing."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser
from support.browser import (
    DESKTOP,
    PATIENCE_SECONDS,
    PHONE,
    SCREENSHOTS,
    visiting,
)
from support.running_store import RunningStore, ask

BOOKENDS = "marble-bookends"


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
def test_an_owner_changes_a_product_by_keyboard(
    chromium: Browser, running_store: RunningStore, size: tuple[int, int]
) -> None:
    api = running_store.api
    price = 25_000 + size[0]
    with visiting(chromium.new_context(base_url=f"http://localhost:{api.port}")) as visit:
        page = visit.page
        visit.resize(size)
        page.goto("/admin")
        page.locator("#token").press_sequentially(api.environment["ADMIN_TOKEN"])
        page.keyboard.press("Enter")
        page.wait_for_url("**/admin/product/list")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"admin-{size[0]}.png")

        page.goto(f"/admin/product/list?search={BOOKENDS}")
        page.locator("tbody a").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/admin/product/edit/*")
        page.locator("img").first.wait_for(timeout=PATIENCE_SECONDS * 1000)
        page.screenshot(path=SCREENSHOTS / f"admin-product-{size[0]}.png", full_page=True)
        field = page.get_by_label("Price")
        field.fill(f"{price / 100:.2f}")
        field.press("Enter")
        page.wait_for_url("**/admin/product/list*")

    product = json.loads(ask(api.port, f"/products/{BOOKENDS}").text)
    assert product["price_minor"] == price


@pytest.mark.parametrize("path", ["/api/admin", "/api/admin/login", "/api/%61dmin/login"])
def test_the_storefront_leads_to_no_page_of_the_admin(
    running_store: RunningStore, path: str
) -> None:
    assert ask(running_store.storefront.port, path).status == 404
