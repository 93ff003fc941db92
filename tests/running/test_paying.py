"""Checkout in a browser: from the cart to the order, with a stand-in for Stripe."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support.browser import (
    DESKTOP,
    PHONE,
    SCREENSHOTS,
    NewVisit,
    Visit,
    barriers,
    tab_to,
    visiting,
)
from support.running_store import RunningStore, ask, query
from tools.dev.stripe_stand_in import StandIn

GOODS = {"description": "", "currency": "EUR", "price_minor": 4600}
DELIVERY_MINOR = 490
TO_CHECKOUT = "Go to checkout"
PATIENCE_SECONDS = 10

Sell = Callable[..., str]


@pytest.fixture
def sell(running_store: RunningStore) -> Iterator[Sell]:
    """Return a function that puts a product with some stock on sale until the test ends."""
    with ExitStack() as stack:

        def sell(name: str, stock: int) -> str:
            slug = name.lower().replace(" ", "-")
            admin(running_store, "POST", "", {**GOODS, "slug": slug, "name": name, "stock": stock})
            off = {**GOODS, "name": name, "stock": 0, "active": False}
            stack.callback(admin, running_store, "PUT", f"/{slug}", off)
            return slug

        yield sell


def admin(shop: RunningStore, method: str, path: str, body: dict[str, Any]) -> None:
    token = shop.api.environment["ADMIN_TOKEN"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = ask(
        shop.api.port, f"/admin/products{path}", method, headers=headers, body=json.dumps(body)
    )
    assert answer.status in {200, 201}, answer.text


def stock_of(shop: RunningStore, slug: str) -> int:
    statement = f"SELECT stock FROM products WHERE slug = '{slug}'"  # noqa: S608 - our own slug
    [left] = query(shop.store, shop.postgres.url, statement)
    return int(left)


def wait_for_stock(shop: RunningStore, slug: str, stock: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while stock_of(shop, slug) != stock:
        assert time.monotonic() < deadline, stock_of(shop, slug)
        time.sleep(0.05)


def to_cart(visit: Visit, slug: str) -> Page:
    visit.put_into_cart(slug)
    visit.go("/cart")
    expect(visit.page.get_by_role("button", name=TO_CHECKOUT)).to_be_visible()
    return visit.page


def check_out(page: Page) -> None:
    page.get_by_role("button", name=TO_CHECKOUT).click()
    expect(page.get_by_role("heading", name="A stand-in for Stripe")).to_be_visible()


def alert(page: Page) -> Locator:
    """Return what a page tells at once; the router has an announcer of its own."""
    return page.locator("main").get_by_role("alert")


def choose(page: Page, choice: str) -> None:
    page.get_by_role("button", name=choice, exact=True).click()


@contextmanager
def sessions_begun(stripe: StandIn) -> Iterator[list[str]]:
    """Add the sessions that are begun meanwhile to a list."""
    before, begun = set(stripe.sessions), list[str]()
    yield begun
    begun.extend(name for name in stripe.sessions if name not in before)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_customer_buys(
    new_visit: NewVisit, running_store: RunningStore, sell: Sell, size: tuple[int, int]
) -> None:
    name = f"Linen Napkin {size[0]}"
    slug = sell(name, 3)
    visit = new_visit(size)
    page = to_cart(visit, slug)
    expect(page.locator(".sum dd")).to_have_text("€50.90")
    page.get_by_label("Delivery to").select_option("AT")
    expect(page.locator(".sum dd")).to_have_text("€55.90")
    picture(visit, f"checkout-{size[0]}")

    check_out(page)
    choose(page, "Pay")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    expect(page.get_by_role("link", name="Cart", exact=True)).to_be_visible()
    expect(page.locator(".sum dd")).to_have_text("€55.90")
    picture(visit, f"order-{size[0]}")
    assert stock_of(running_store, slug) == 2

    visit.go(page.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    stranger = new_visit()
    stranger.go(page.url)
    expect(stranger.page.get_by_text("Only the browser that placed an order")).to_be_visible()
    stranger.expect_problem("the server responded with a status of 404")


def picture(visit: Visit, name: str) -> None:
    """Take a screenshot of a page that has no barriers."""
    visit.look_at_everything()
    assert barriers(visit.page) == []
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    visit.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def test_a_customer_buys_and_withdraws_by_keyboard(new_visit: NewVisit, sell: Sell) -> None:
    visit = new_visit()
    page = to_cart(visit, sell("Linen Towel", 3))
    tab_to(page, "button", TO_CHECKOUT)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Pay", exact=True).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    number = page.locator("strong").inner_text()

    tab_to(page, "link", "Withdraw from a contract here")
    page.keyboard.press("Enter")
    given = {"Your name": "Ada Example", "Order number": number, "E-mail address": "a@b.example"}
    for field, value in given.items():
        tab_to(page, "textbox", field)
        page.keyboard.type(value)
    picture(visit, "withdrawal")
    page.keyboard.press("Enter")
    tab_to(page, "button", "Confirm withdrawal")
    page.keyboard.press("Enter")
    expect(page.get_by_text("We have received your withdrawal.")).to_be_visible()
    picture(visit, "withdrawal-receipt")
    visit.go(f"/orders/{number}")
    expect(page.get_by_text("You have withdrawn from this order.")).to_be_visible()


def test_whose_card_is_declined_may_pay_with_another(new_visit: NewVisit, sell: Sell) -> None:
    visit = new_visit()
    page = to_cart(visit, sell("Linen Apron", 3))
    check_out(page)
    choose(page, "Pay with a card that is declined")
    expect(page.get_by_text("The card was declined.")).to_be_visible()
    choose(page, "Pay")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")


def test_a_payment_that_takes_days_is_told_and_keeps_the_pieces(
    new_visit: NewVisit, running_store: RunningStore, stripe: StandIn, sell: Sell
) -> None:
    slug = sell("Linen Curtain", 3)
    visit = new_visit()
    page = to_cart(visit, slug)
    with sessions_begun(stripe) as begun:
        check_out(page)
    choose(page, "Pay later")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Your payment is on its way")
    assert stock_of(running_store, slug) == 2

    stripe.choose(begun[0], "arrive")
    visit.go(page.url)
    expect(heading).to_have_text("Thank you")


def test_whoever_leaves_keeps_the_cart_and_others_get_the_pieces(
    new_visit: NewVisit, running_store: RunningStore, sell: Sell
) -> None:
    slug = sell("Linen Runner", 1)
    visit = new_visit()
    page = to_cart(visit, slug)
    check_out(page)
    assert stock_of(running_store, slug) == 0
    choose(page, "Leave")
    expect(page.get_by_role("button", name=TO_CHECKOUT)).to_be_visible()
    wait_for_stock(running_store, slug, 1)
    page.reload()
    expect(page.locator(".sum dd")).to_have_text("€50.90")


def test_a_doubled_click_and_the_back_button_begin_one_payment(
    new_visit: NewVisit, stripe: StandIn, sell: Sell
) -> None:
    visit = new_visit()
    page = to_cart(visit, sell("Linen Sheet", 3))
    with sessions_begun(stripe) as begun:
        page.get_by_role("button", name=TO_CHECKOUT).dblclick()
        pays = page.get_by_role("heading", name="A stand-in for Stripe")
        expect(pays).to_be_visible()
        page.go_back()
        page.get_by_role("button", name=TO_CHECKOUT).click()
        expect(pays).to_be_visible()
    assert len(begun) == 1


def test_two_tabs_pay_once(new_visit: NewVisit, stripe: StandIn, sell: Sell) -> None:
    visit = new_visit()
    page = to_cart(visit, sell("Linen Cushion", 3))
    other = page.context.new_page()
    other.goto("/cart")
    with sessions_begun(stripe) as begun:
        check_out(page)
        check_out(other)
        choose(page, "Pay")
        expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
        other.reload()
        expect(other.get_by_role("button", name="Pay", exact=True)).to_have_count(0)
        other.goto("/cart")
        expect(other.get_by_text("Nothing in it yet.")).to_be_visible()
    assert len(begun) == 1


def test_a_price_that_has_changed_is_shown_before_anybody_pays(
    new_visit: NewVisit, running_store: RunningStore, stripe: StandIn, sell: Sell
) -> None:
    slug = sell("Linen Throw", 3)
    visit = new_visit()
    page = to_cart(visit, slug)
    dearer = {**GOODS, "name": "Linen Throw", "stock": 3, "price_minor": 5600}
    admin(running_store, "PUT", f"/{slug}", dearer)
    with sessions_begun(stripe) as begun:
        page.get_by_role("button", name=TO_CHECKOUT).click()
        expect(alert(page)).to_contain_text("A price or what is left has changed.")
        expect(page.locator(".sum dd")).to_have_text("€60.90")
    assert begun == []
    visit.expect_problem("the server responded with a status of 409")

    with sessions_begun(stripe) as begun:
        check_out(page)
    assert stripe.sessions[begun[0]]["amount_total"] == 5600 + DELIVERY_MINOR


def test_the_last_piece_is_sold_once(
    new_visit: NewVisit, running_store: RunningStore, sell: Sell
) -> None:
    slug = sell("Linen Hammock", 1)
    first, second = new_visit(), new_visit()
    one, two = to_cart(first, slug), to_cart(second, slug)
    check_out(one)
    two.get_by_role("button", name=TO_CHECKOUT).click()
    expect(alert(two)).to_contain_text("A price or what is left has changed.")
    second.expect_problem("the server responded with a status of 409")
    choose(one, "Pay")
    expect(one.get_by_role("heading", level=1)).to_have_text("Thank you")
    assert stock_of(running_store, slug) == 0


def test_the_owner_sees_what_to_send_and_the_customer_that_it_is_sent(
    chromium: Browser, new_visit: NewVisit, running_store: RunningStore, sell: Sell
) -> None:
    visit = new_visit()
    page = to_cart(visit, sell("Linen Bag", 3))
    check_out(page)
    choose(page, "Pay")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    number = page.locator("strong").inner_text()

    api = running_store.api
    with visiting(chromium.new_context(base_url=f"http://localhost:{api.port}")) as owner:
        desk = owner.page
        desk.goto("/admin")
        desk.locator("#token").fill(api.environment["ADMIN_TOKEN"])
        desk.keyboard.press("Enter")
        desk.wait_for_url("**/admin/product/list")
        desk.goto(f"/admin/order/list?search={number}")
        desk.locator("a[href*='/admin/order/details/']").click()
        expect(desk.get_by_text("Example Street 1, 10115, Example City, DE")).to_be_visible()
        desk.screenshot(path=SCREENSHOTS / "admin-order.png", full_page=True)
        desk.goto(desk.url.replace("details", "edit"))
        desk.get_by_label("Sent").check()
        desk.get_by_role("button", name="Save", exact=True).click()
        desk.wait_for_url("**/admin/order/list*")

    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your order is on its way")
