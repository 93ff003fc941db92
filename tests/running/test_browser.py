"""The shop in a browser: bought in by mouse and by keyboard, on any screen, by anyone."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from support.browser import (
    DESKTOP,
    NOT_FOUND,
    PHONE,
    PRODUCT,
    SCREENSHOTS,
    NewVisit,
    Visit,
    barriers,
    tab_to,
)
from support.running_store import Answer, RunningStore, Storefront, ask
from tools.additions import directives_of
from tools.repository import Repository

NAME = "Oak Stool"
PAGES = {
    "home": "/",
    "category": "/categories/kitchen?material=Oak&sort=price",
    "search": "/search?q=oak",
    "nothing-found": "/search?q=nothing-like-it",
    "product": f"/products/{PRODUCT}",
    "gallery": "/products/moon-jar-vase",
    "information": "/info/imprint",
    "cart": "/cart",
    "404": "/nowhere",
}


def open_page(visit: Visit, name: str) -> None:
    if name == "cart":
        visit.put_into_cart(PRODUCT)
    visit.go(PAGES[name])
    if name == "cart":
        expect(visit.page.locator(".sum dd")).to_be_visible()
    if name == "404":
        visit.expect_problem(NOT_FOUND)


def cart_is(page: Page, quantity: int) -> None:
    link = page.get_by_role("navigation", name="Shop").get_by_role("link")
    items = {0: "Cart", 1: "Cart, 1 item"}.get(quantity, f"Cart, {quantity} items")
    expect(link).to_have_accessible_name(re.compile(re.sub(r"\W+", r"\\W+", items) + "$"))


def test_a_customer_shops(new_visit: NewVisit) -> None:
    visit = new_visit()
    page = visit.page
    visit.go("/")
    page.get_by_role("searchbox").fill("oak stool")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("1 product", exact=True)).to_be_visible()
    page.get_by_role("link", name=NAME).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    cart_is(page, 0)
    page.get_by_role("button", name="Add to cart").click()
    cart_is(page, 1)

    with page.expect_response("**/api/cart"):
        page.reload()
    cart_is(page, 1)

    page.get_by_role("link", name="Cart").click()
    total = page.locator(".sum dd")
    expect(total).to_have_text("€253.90")
    page.get_by_role("button", name="One more").click()
    expect(total).to_have_text("€502.90")
    cart_is(page, 2)
    page.get_by_role("button", name="One less").click()
    expect(total).to_have_text("€253.90")
    page.get_by_role("button", name=f"Remove {NAME}").click()
    expect(page.get_by_text("Nothing in it yet.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Nothing in it yet.")).to_be_visible()


def test_a_customer_narrows_a_category_down_without_javascript(new_visit: NewVisit) -> None:
    visit = new_visit(PHONE, java_script_enabled=False)
    page = visit.page
    page.goto("/")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Categories").get_by_role("link", name="Kitchen").click()
    expect(page.get_by_text("7 products")).to_be_visible()

    page.get_by_text("Material", exact=True).click()
    page.get_by_role("link", name="Oak", exact=True).click()
    page.get_by_text("Sort", exact=True).click()
    page.get_by_role("link", name="Price, low to high").click()
    expect(page.locator(".card-price")).to_have_text(["€49", "€59", "€129"])

    page.get_by_text("Price", exact=True).click()
    page.get_by_role("link", name="Up to €50").click()
    expect(page.locator(".card-name")).to_have_text(["Oak Serving Board"])
    page.get_by_role("link", name="Clear all").click()
    expect(page.get_by_text("7 products")).to_be_visible()


def test_whoever_has_no_cart_does_not_ask_for_it(new_visit: NewVisit) -> None:
    visit = new_visit()
    for path in ("/", "/cart"):
        visit.go(path)
        visit.page.wait_for_load_state("networkidle")
    asked = [response.url for response in visit.responses if "/api/" in response.url]
    assert asked == []


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_customer_shops_by_keyboard(new_visit: NewVisit, size: tuple[int, int]) -> None:
    visit = new_visit(size)
    page = visit.page
    visit.go("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")

    page.reload()
    if size == PHONE:
        tab_to(page, "link", "Search")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Everything")
    tab_to(page, "searchbox", "Search products")
    page.keyboard.type("oak stool")
    page.keyboard.press("Enter")
    tab_to(page, "link", f"{NAME} €249")
    page.keyboard.press("Enter")
    tab_to(page, "button", "Add to cart")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{NAME} is in your cart: 1.")).to_have_role("status")
    tab_to(page, "link", "View cart")
    page.keyboard.press("Enter")
    tab_to(page, "button", "One more")
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_have_text(f"{NAME}: 2. Total €498.00.")
    tab_to(page, "button", f"Remove {NAME}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_role("status")).to_have_text(f"{NAME} removed. Your cart is empty.")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_barriers_and_nothing_moves_for_whoever_prefers_that(
    new_visit: NewVisit, name: str
) -> None:
    visit = new_visit(reduced_motion="reduce")
    open_page(visit, name)
    assert moving(visit.page) == 0
    for size in (PHONE, DESKTOP):
        visit.resize(size)
        for scheme in ("light", "dark"):
            visit.page.emulate_media(color_scheme=scheme)
            assert barriers(visit.page) == [], f"{size[0]} pixels, {scheme}"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_any_screen_and_shows_its_images(new_visit: NewVisit, name: str) -> None:
    visit = new_visit(reduced_motion="reduce")
    open_page(visit, name)
    for width in (320, PHONE[0], 768, DESKTOP[0], 3840):
        visit.resize((width, 900))
        visit.look_at_everything()
        assert outside(visit.page) == [], f"{width} pixels"
    broken = "Array.from(document.images).filter((image) => !image.naturalWidth)"
    assert visit.page.evaluate(f"{broken}.map((image) => image.src)") == []
    if name != "home":
        # One picture of the question is enough: it covers a part of the page.
        visit.page.get_by_role("button", name="No, thanks").click()
    take_pictures(visit, name)


def outside(page: Page) -> list[str]:
    """Return what one would have to scroll sideways for, and what does not fit its own box."""
    found: list[str] = page.evaluate(
        """() => {
          const screen = document.documentElement.clientWidth;
          // The pictures of a gallery are beside each other on a phone, and scrolled.
          const hidden = (element) => element.closest(".visually-hidden, .skip, .gallery");
          return Array.from(document.body.querySelectorAll("*"))
            .filter((element) => !hidden(element))
            .filter((element) => {
              const { left, right } = element.getBoundingClientRect();
              return left < -1 || right > screen + 1;
            })
            .map((element) => element.outerHTML.slice(0, 200));
        }"""
    )
    scrolls = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [*found, *(["the page scrolls sideways"] if scrolls else [])]


def moving(page: Page) -> int:
    """Count what would move: styled to, or doing so."""
    count: int = page.evaluate(
        """() => Array.from(document.querySelectorAll("*"))
          .map((element) => getComputedStyle(element))
          .filter((style) => /[1-9]/.test(style.transitionDuration + style.animationDuration))
          .length + document.getAnimations().length"""
    )
    return count


def take_pictures(visit: Visit, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for screen, size in (("phone", PHONE), ("desktop", DESKTOP)):
        visit.resize(size)
        visit.look_at_everything()
        visit.page.screenshot(path=SCREENSHOTS / f"{name}-{screen}.png", full_page=True)


def test_an_error_is_told_and_can_be_tried_again(
    new_visit: NewVisit, running_store: RunningStore
) -> None:
    path = "/products/never-asked-for"
    visit = new_visit(reduced_motion="reduce")
    running_store.api.terminate()
    try:
        visit.go(path)
        heading = visit.page.get_by_role("heading", level=1)
        expect(heading).to_have_text("Something went wrong")
        take_pictures(visit, "error")
        assert barriers(visit.page) == []
        answer = ask(running_store.storefront.port, path)
        assert answer.status == 500
        assert_promised(running_store, path, answer)
    finally:
        running_store.api.start()
    visit.page.get_by_role("button", name="Try again").click()
    expect(heading).to_have_text("Page not found")
    visit.expect_problem("console error")


def promised(running_store: RunningStore, path: str) -> dict[str, str]:
    """Return the headers that `vercel/` declares for a path."""
    rules = Repository(running_store.store).vercel["headers"]
    return {
        header["key"].lower(): header["value"]
        for rule in rules
        if re.fullmatch(rule["source"].replace("/:path*", "(/.*)?"), path)
        for header in rule["headers"]
    }


def assert_promised(running_store: RunningStore, path: str, answer: Answer) -> None:
    expected = promised(running_store, path.partition("?")[0])
    assert {name: answer.headers.get_all(name) for name in expected} == {
        name: [value] for name, value in expected.items()
    }, path
    assert len(answer.headers.get_all("Content-Security-Policy", [])) == 1, path


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/", 200),
        ("GET", "/cart", 200),
        ("GET", "/products/not-there", 404),
        ("GET", "/_next/static/not-there.js", 404),
        ("GET", "/%ff", 404),
        ("GET", "/robots.txt", 200),
        ("GET", "/sitemap.xml", 200),
        ("POST", "/revalidate", 401),
        ("GET", "/revalidate", 405),
    ],
)
def test_an_answer_has_the_promised_headers(
    running_store: RunningStore, method: str, path: str, status: int
) -> None:
    answer = ask(running_store.storefront.port, path, method)
    assert answer.status == status
    assert_promised(running_store, path, answer)


def test_all_that_a_browser_asks_for_has_the_promised_headers(
    new_visit: NewVisit, running_store: RunningStore
) -> None:
    visit = new_visit()
    for name in PAGES:
        open_page(visit, name)
        visit.look_at_everything()
    visit.page.get_by_role("link", name="Privacy").click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Privacy")
    # What is rewritten to the API gets its headers from Vercel, and none from `next start`.
    paths = {
        response.url.removeprefix(running_store.address)
        for response in visit.responses
        if not urlsplit(response.url).path.startswith("/api/")
    }
    kinds = {Path(urlsplit(path).path).suffix for path in paths}
    assert kinds >= {"", ".js", ".css", ".svg", ".webp", ".woff2"}
    assert any("_rsc=" in path for path in paths)
    for path in paths:
        # Asked again, because Chromium hides Strict-Transport-Security from a localhost.
        answer = ask(running_store.storefront.port, path)
        assert_promised(running_store, path, answer)


def test_a_store_without_logrocket_does_not_complain_either(
    new_visit: NewVisit, plain_storefront: Storefront
) -> None:
    visit = new_visit(base_url=f"http://localhost:{plain_storefront.port}")
    for name in PAGES:
        open_page(visit, name)
    policy = policy_of(ask(plain_storefront.port, "/"))
    assert policy["script-src"] == ["'self'", "'unsafe-inline'"]
    assert policy["img-src"] == [
        "'self'",
        "data:",
        "blob:",
        "https://res.cloudinary.com/public-cloud/",
    ]
    assert policy["media-src"] == ["'self'", "https://res.cloudinary.com/public-cloud/"]
    assert "logrocket" not in str(policy)


def policy_of(answer: Answer) -> dict[str, list[str]]:
    """Return the sources of each directive of an answer's only policy."""
    [policy] = answer.headers.get_all("Content-Security-Policy", [])
    return directives_of(policy)


def test_in_the_cart_only_scripts_with_the_answers_nonce_run(running_store: RunningStore) -> None:
    nonces = set()
    shop = policy_of(ask(running_store.storefront.port, "/"))
    for _ in range(3):
        answer = ask(running_store.storefront.port, "/cart")
        cart = policy_of(answer)
        [nonce] = [source for source in cart["script-src"] if source.startswith("'nonce-")]
        others = [source for source in shop["script-src"] if source != "'unsafe-inline'"]
        assert cart == {**shop, "script-src": [others[0], nonce, *others[1:]]}
        scripts = re.findall("<script[^>]*>", answer.text)
        value = nonce.strip("'").removeprefix("nonce-")
        assert len(scripts) > 1
        assert [script for script in scripts if f'nonce="{value}"' not in script] == []
        nonces.add(value)
    assert len(nonces) == 3


INJECTED = """<img alt="" src="data:," onerror="window.injected = 'handler'">"""
INJECT = """html => {
  document.querySelector("main").insertAdjacentHTML("beforeend", html);
  const script = document.createElement("script");
  script.text = "window.injected = 'script'";
  document.body.append(script);
}"""


def test_an_injected_script_does_not_run_in_the_cart(new_visit: NewVisit) -> None:
    visit = new_visit()
    visit.go("/")
    visit.page.evaluate(INJECT, INJECTED)
    visit.page.wait_for_timeout(200)
    assert visit.page.evaluate("window.injected") == "handler"

    visit.go("/cart")
    visit.page.evaluate(INJECT, INJECTED)
    visit.page.wait_for_timeout(200)
    assert visit.page.evaluate("window.injected ?? null") is None
    for part in ("script-src-attr forbids inline", "script-src-elem forbids inline"):
        visit.expect_problem(f"CSP: {part}")
    visit.expect_problem("console error")


def test_the_cart_is_entered_by_loading_it_and_left_by_the_router(new_visit: NewVisit) -> None:
    visit = new_visit()
    page = visit.page
    title = page.get_by_role("heading", level=1)
    visit.go("/")
    page.get_by_role("link", name=NAME).click()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name="View cart").click()
    expect(page.locator(".sum dd")).to_be_visible()
    loaded = page.evaluate("performance.getEntriesByType('navigation')[0].name")
    assert urlsplit(loaded).path == "/cart"

    # From here on, the other pages are under the cart's policy.
    page.evaluate("window.isFirst = true")
    page.get_by_role("link", name=NAME).click()
    expect(title).to_have_text(NAME)
    trail = page.get_by_role("navigation", name="You are here")
    trail.get_by_role("link", name="Furniture").click()
    expect(title).to_have_text("Furniture")
    visit.look_at_everything()
    page.get_by_role("searchbox").fill("oak stool")
    page.get_by_role("button", name="Search").click()
    expect(title).to_have_text("Results for “oak stool”")
    page.get_by_role("link", name=NAME).click()
    page.get_by_role("button", name="Add to cart").click()
    cart_is(page, 2)
    visit.look_at_everything()
    broken = "Array.from(document.images).filter((image) => !image.naturalWidth).length"
    assert page.evaluate(broken) == 0
    assert page.evaluate("window.isFirst"), "the router does not navigate by itself"


def test_the_build_says_what_its_scripts_contain(running_store: RunningStore) -> None:
    for path in ("/", "/cart"):
        page = ask(running_store.storefront.port, path).text
        hashes = dict(re.findall(r'<script src="([^"]+)"[^>]* integrity="sha256-([^"]+)"', page))
        assert len(hashes) >= 4
        for script, expected in hashes.items():
            body = ask(running_store.storefront.port, script).body
            assert b64encode(sha256(body).digest()).decode() == expected, script


def test_the_checks_see_what_they_are_for(new_visit: NewVisit) -> None:
    visit = new_visit()
    visit.go(PAGES["product"])
    assert moving(visit.page) > 0
    visit.page.evaluate(
        """document.querySelector("main").insertAdjacentHTML("beforeend",
          '<img src="https://images.example/x.png"><p style="width: 200vw">wide</p>')"""
    )
    expect(visit.page.get_by_text("wide")).to_be_attached()
    visit.expect_problem("CSP: img-src forbids https://images.example/x.png")
    visit.expect_problem("console error")
    visit.expect_problem("request to images.example")
    assert any("alternative text" in barrier for barrier in barriers(visit.page))
    assert len(outside(visit.page)) == 2
    visit.page.evaluate("setTimeout(() => { throw new Error('on purpose') })")
    visit.page.wait_for_timeout(100)
    visit.expect_problem("uncaught: on purpose")
