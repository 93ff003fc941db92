"""Session replay: absent where it is off, and where it is on nothing without consent."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from support.browser import (
    DESKTOP,
    NOT_FOUND,
    PHONE,
    PRODUCT,
    SCREENSHOTS,
    Visit,
    barriers,
    chromium_without_network,
    visiting,
)
from support.recorder_stand_in import DATA_HOST, SCRIPT_HOST, StandIn, listening
from support.running_store import RunningStore, Storefront

APP_ID = "luma/tests"
ALLOW, REFUSE, CHOICES = "Allow recording", "No, thanks", "Privacy choices"
PATIENCE_SECONDS = 20
# Longer than the recorder takes to load, and to send what it has.
QUIET_MS = 800
GLOBALS = (
    "['LogRocket', '_LRLogger', '__SDKCONFIG__', '_lr_surl_cb'].filter((name) => name in window)"
)
VENDOR = re.compile(r"log.?rocket|logr-|lr-in|lr-ingest|lrkt|lgrckt|lr-intake|intake-lr", re.I)
EVERYTHING = ["dom", "browser", "shouldSendData"]
# What only the cart page says and holds.
CART = re.compile(r"Your cart|cart-total|line-remove")
SEEN = {"email": "ada@customer.example", "address": "12 Walnut Street", "card": "4242424242424242"}
UNSEEN = {"token": "tok-9f8e7d6c5b", "cookie": "cookie-77aa55"}
# Every attribute that a person reads, hears or wrote, and every other that can hold an address.
WORDED = {
    "abbr": '<table><td abbr="{}"></table>',
    "action": '<form action="/orders/{}"></form>',
    "alt": '<img alt="{}">',
    "aria-description": '<p aria-description="{}"></p>',
    "aria-label": '<nav aria-label="{}"></nav>',
    "aria-placeholder": '<p aria-placeholder="{}"></p>',
    "aria-roledescription": '<p aria-roledescription="{}"></p>',
    "aria-valuetext": '<p role="slider" aria-valuetext="{}"></p>',
    "cite": '<q cite="/orders/{}"></q>',
    "content": '<meta name="description" content="{}">',
    "data": '<object data="/none/{}"></object>',
    "datetime": '<time datetime="{}"></time>',
    "download": '<a href="/" download="{}"></a>',
    "formaction": '<button formaction="/orders/{}"></button>',
    "href": '<a href="/orders/{0}"></a> <a href="mailto:{0}"></a> <a href="/#{0}"></a> '
    '<link rel="next" href="/?{0}"> <map><area href="/en/orders/{0}"></map>',
    "label": '<select><optgroup label="{}"></optgroup></select>',
    "ping": '<a href="/" ping="/orders/{}"></a>',
    "placeholder": '<input aria-label="Name" placeholder="{}">',
    "srcdoc": '<iframe title="Map" srcdoc="{}"></iframe>',
    "summary": '<table summary="{}"></table>',
    "title": '<p title="{}"></p>',
    "value": '<input aria-label="Name" value="{}"><li value="7"></li>',
    "xlink:href": '<svg><a xlink:href="/orders/{}"></a></svg>',
}

# What a team in a hurry writes: the customer's data at hand, in every place that could be recorded.
CARELESS = """
({ email, address, card, token, cookie }) => {
  const order = JSON.stringify({ email, address, card, token });
  document.cookie = `session=${cookie}`;
  document.title = `Order of ${email}`;
  document.querySelector("main").insertAdjacentHTML("beforeend", `
    <p>Ships to ${address}</p> <p data-private aria-label="${token}">${token}</p>
    <label>E-mail <input value="${email}"></label> <label>Card <input></label>
    <label>Address <textarea></textarea></label>
    <a href="/search?q=${email}">Search again</a> <script>${order}</script>`);
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  fetch(`/api/products?token=${token}`, { method: "POST", headers, body: order });
  const request = new XMLHttpRequest();
  request.open("POST", `/api/products?token=${token}`);
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
  request.send(order);
  console.info("paying", order);
  history.replaceState(null, "", `?email=${email}&card=${card}#${token}`);
  setTimeout(() => { throw new Error(`cannot charge ${order}`); });
  Promise.reject(new Error(`cannot charge ${order}`));
}
"""

NewVisit = Callable[..., Visit]


@pytest.fixture
def recorder() -> Iterator[StandIn]:
    with listening() as stand_in:
        yield stand_in


@pytest.fixture
def chromium(recorder: StandIn) -> Iterator[Browser]:
    played = dict.fromkeys((SCRIPT_HOST, DATA_HOST), recorder.port)
    with chromium_without_network(played) as browser:
        yield browser


@pytest.fixture
def new_visit(chromium: Browser, running_store: RunningStore) -> Iterator[NewVisit]:
    """Return a function that opens a browser profile; requests to the recorder are no problem."""
    with ExitStack() as stack:

        def new_visit(size: tuple[int, int] = DESKTOP, script: str = "", **options: Any) -> Visit:
            profile = {"viewport": {"width": size[0], "height": size[1]}, **options}
            context = chromium.new_context(base_url=running_store.address, **profile)
            if script:
                context.add_init_script(script)
            visit = stack.enter_context(visiting(context))
            stack.callback(forget_recorder, visit)
            return visit

        yield new_visit


def forget_recorder(visit: Visit) -> None:
    for page in visit.page.context.pages:
        page.close()
    requests = tuple(f"request to {host}:" for host in (SCRIPT_HOST, DATA_HOST))
    visit.problems = [problem for problem in visit.problems if not problem.startswith(requests)]


def until(page: Page, holds: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, what
        page.wait_for_timeout(50)


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def allow(visit: Visit, recorder: StandIn) -> None:
    before = len(recorder.taken)
    press(visit.page, ALLOW)
    until(visit.page, lambda: len(recorder.taken) > before, "nothing is recorded")


def nothing_records(visit: Visit, recorder: StandIn) -> None:
    """Expect a page that has made up its mind, without a trace of the recorder in it."""
    shown = visit.page.get_by_role("button", name=re.compile(f"{CHOICES}|{ALLOW}"))
    expect(shown.first).to_be_attached()
    loads, taken = recorder.loads, len(recorder.taken)
    visit.page.wait_for_timeout(QUIET_MS)
    assert visit.page.evaluate(GLOBALS) == []
    assert (recorder.loads, len(recorder.taken)) == (loads, taken)


def recorder_chunks(storefront: Storefront, wanted: re.Pattern[str]) -> set[str]:
    static = storefront.store / "storefront" / ".next" / "static"
    files = [path for path in static.rglob("*") if path.is_file()]
    assert files
    return {path.name for path in files if wanted.search(path.read_text(errors="replace"))}


def asked_for(visit: Visit) -> set[str]:
    return {Path(urlsplit(response.url).path).name for response in visit.responses}


def test_a_store_without_it_has_no_trace(
    chromium: Browser, plain_storefront: Storefront, recorder: StandIn
) -> None:
    assert recorder_chunks(plain_storefront, VENDOR) == set()
    address = f"http://localhost:{plain_storefront.port}"
    with visiting(chromium.new_context(base_url=address)) as visit:
        for path in ("/", f"/products/{PRODUCT}", "/cart"):
            visit.go(path)
            visit.page.wait_for_timeout(QUIET_MS)
            assert visit.page.evaluate(GLOBALS) == []
            assert visit.page.get_by_role("button", name=CHOICES).count() == 0
            assert visit.page.get_by_role("button", name=ALLOW).count() == 0
            assert not VENDOR.search(visit.page.content())
        assert not [url for url in (r.url for r in visit.responses) if VENDOR.search(url)]
    assert recorder.loads == 0


def test_nothing_is_loaded_before_consent_or_after_a_refusal(
    new_visit: NewVisit, running_store: RunningStore, recorder: StandIn
) -> None:
    visit = new_visit()
    visit.go("/")
    expect(visit.page.get_by_role("button", name=ALLOW)).to_be_visible()
    nothing_records(visit, recorder)
    press(visit.page, REFUSE)
    nothing_records(visit, recorder)
    for path in ("/", f"/products/{PRODUCT}"):
        visit.go(path)
        expect(visit.page.get_by_role("button", name=CHOICES)).to_be_attached()
        expect(visit.page.get_by_role("button", name=ALLOW)).to_be_hidden()
        nothing_records(visit, recorder)
    [chunk] = recorder_chunks(running_store.storefront, re.compile("_LRLogger"))
    assert chunk not in asked_for(visit)
    assert recorder.loads == 0

    press(visit.page, CHOICES)
    allow(visit, recorder)
    assert chunk in asked_for(visit)


def test_consent_is_kept_and_the_recorder_is_started_with_its_settings(
    new_visit: NewVisit, recorder: StandIn
) -> None:
    visit = new_visit()
    visit.go("/")
    allow(visit, recorder)
    started = recorder.init()
    assert started["appId"] == APP_ID
    options = started["options"]
    assert options.pop("customStatesManager", {}) is not None
    assert options == {
        "release": "local",
        "console": {"isEnabled": False},
        "network": {"isEnabled": False},
        "browser": {},
        "dom": {
            "inputSanitizer": True,
            "textSanitizer": True,
            "disablePageTitles": True,
            "hideSelectors": ["script", "meta", "link:not([rel='stylesheet'])"],
            "hiddenAttributes": sorted(WORDED.keys() - {"content", "href"}),
            "redactSelectors": [
                ':is(a,area)[href]:not([href="/"],[href="/products"],[href^="/products/"],'
                '[href="/search"],[href^="/stories/"],[href="/"],[href="/products"],'
                '[href^="/products/"],[href="/search"],[href^="/stories/"])',
                ":is(a,area):is([href*='?'],[href*='#'])",
            ],
        },
        "shouldCaptureIP": False,
        "shouldDetectExceptions": False,
    }
    visit.go(f"/products/{PRODUCT}")
    until(visit.page, lambda: recorder.loads == 2, "the next page is not recorded")
    expect(visit.page.get_by_role("button", name=ALLOW)).to_be_hidden()


def act_carelessly(visit: Visit, recorder: StandIn) -> str:
    """Use a careless page while it is recorded; return all that was taken of it."""
    page = visit.page
    visit.go("/")
    allow(visit, recorder)
    page.evaluate(CARELESS, {**SEEN, **UNSEEN})
    page.get_by_label("Card").fill(SEEN["card"])
    page.get_by_label("Address").fill(SEEN["address"])
    page.evaluate("document.querySelector('main').id = 'last-of-all'")
    until(page, lambda: "attribute id: last-of-all" in recorder.taken, "the end is not recorded")
    page.wait_for_timeout(QUIET_MS)
    for problem in ("console error", "uncaught"):
        visit.expect_problem(problem)
    return "\n".join(recorder.taken)


def test_nothing_of_the_customer_is_recorded(new_visit: NewVisit, recorder: StandIn) -> None:
    taken = act_carelessly(new_visit(), recorder)
    found = {name: value for name, value in {**SEEN, **UNSEEN}.items() if value in taken}
    assert found == {}
    assert "attribute src: " in taken


def test_a_recorder_without_these_settings_takes_the_customers_data(
    new_visit: NewVisit, recorder: StandIn
) -> None:
    recorder.ignored = ["dom", "browser"]
    taken = act_carelessly(new_visit(), recorder)
    for kind, name in [("value", "card"), ("text", "address"), ("address", "email")]:
        assert re.search(f"^{kind}: .*{SEEN[name]}", taken, re.M), f"{name} in {kind}"


def attributes_taken(visit: Visit, recorder: StandIn) -> set[str]:
    """Let an address be in each attribute, while it is recorded; return those it is taken from."""
    visit.go("/")
    allow(visit, recorder)
    written = "".join(html.format(f"{SEEN['email']}-{name}") for name, html in WORDED.items())
    written += '<i id="z"></i>'
    visit.page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", written)
    until(visit.page, lambda: "attribute id: z" in recorder.taken, "the end is not recorded")
    visit.page.wait_for_timeout(QUIET_MS)
    visit.problems.clear()
    return {name for name in WORDED if f"{SEEN['email']}-{name}" in "\n".join(recorder.taken)}


def test_no_attribute_that_people_read_or_that_leads_somewhere_is_recorded(
    new_visit: NewVisit, recorder: StandIn
) -> None:
    visit = new_visit()
    assert attributes_taken(visit, recorder) == set()
    # What makes the page look like itself is there.
    assert "attribute rel: stylesheet" in recorder.taken
    assert f"attribute href: /products/{PRODUCT}" in recorder.taken
    assert [entry for entry in recorder.taken if entry.startswith("attribute class: ")]


def test_a_recorder_without_these_settings_takes_every_attribute(
    new_visit: NewVisit, recorder: StandIn
) -> None:
    recorder.ignored = ["dom"]
    assert attributes_taken(new_visit(), recorder) == WORDED.keys()


@pytest.mark.parametrize("path", ["/stories/2026/mugs", "/en", "/en-GB/products/mug"])
def test_a_page_on_a_list_is_recorded(new_visit: NewVisit, recorder: StandIn, path: str) -> None:
    visit = new_visit()
    visit.go(path)
    visit.expect_problem(NOT_FOUND)
    allow(visit, recorder)
    until(visit.page, lambda: f"address: {visit.page.url}" in recorder.taken, "not its address")


@pytest.mark.parametrize(
    "path",
    [
        "/cart",
        "/en/cart",
        "/checkout/payment",
        "/account",
        "/orders",
        "/login",
        "/me",
        "/en-cart",
        f"/products/{PRODUCT}/orders",
        "/stories",
    ],
)
def test_a_page_that_no_list_has_is_never_recorded(
    new_visit: NewVisit, recorder: StandIn, path: str
) -> None:
    visit = new_visit()
    visit.go(path)
    press(visit.page, ALLOW)
    nothing_records(visit, recorder)
    visit.go(path)
    nothing_records(visit, recorder)
    if path != "/cart":
        visit.expect_problem(NOT_FOUND)
    visit.page.get_by_role("link", name="Luma Store").click()
    until(visit.page, lambda: recorder.taken, "the page after it is not recorded")
    visit.page.wait_for_timeout(QUIET_MS)
    assert not [entry for entry in recorder.taken if path in entry.partition("://")[2]]


def test_a_link_to_the_cart_ends_the_recording(new_visit: NewVisit, recorder: StandIn) -> None:
    recorder.ignored = EVERYTHING
    visit = new_visit()
    visit.put_into_cart(PRODUCT)
    visit.go("/")
    allow(visit, recorder)
    visit.page.get_by_role("link", name=re.compile("^Cart")).click()
    expect(visit.page.locator(".sum dd")).to_be_visible()
    nothing_records(visit, recorder)
    visit.page.get_by_role("link", name="Luma Store").click()
    until(visit.page, lambda: recorder.loads == 2, "the recording does not go on")
    visit.page.wait_for_timeout(QUIET_MS)
    assert not [entry for entry in recorder.taken if CART.search(entry)]


def test_a_step_through_history_to_the_cart_ends_the_recording(
    new_visit: NewVisit, recorder: StandIn
) -> None:
    recorder.ignored = EVERYTHING
    visit = new_visit()
    visit.put_into_cart(PRODUCT)
    visit.go("/")
    visit.page.evaluate("window.isFirst = true")
    # A link would load the page.
    visit.page.evaluate("next.router.push('/cart')")
    expect(visit.page.locator(".sum dd")).to_be_visible()
    visit.page.go_back()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Few things, chosen to stay")
    assert visit.page.evaluate("window.isFirst"), "the router does not navigate by itself"
    allow(visit, recorder)
    with visit.page.expect_event("load"):
        visit.page.go_forward()
    expect(visit.page.locator(".sum dd")).to_be_visible()
    nothing_records(visit, recorder)
    assert not [entry for entry in recorder.taken if CART.search(entry)]


OLDER_BROWSER = "Object.defineProperty(window, 'navigation', { value: undefined });"


@pytest.mark.parametrize("script", ["", OLDER_BROWSER], ids=["newer-browser", "older-browser"])
def test_nothing_is_sent_of_the_cart_when_code_navigates_there(
    new_visit: NewVisit, recorder: StandIn, script: str
) -> None:
    recorder.ignored = ["dom", "browser"]
    visit = new_visit(script=script)
    visit.put_into_cart(PRODUCT)
    visit.go("/")
    allow(visit, recorder)
    with ExitStack() as stack:
        if not script:
            stack.enter_context(visit.page.expect_event("load"))
        visit.page.evaluate("next.router.push('/cart')")
    expect(visit.page.locator(".sum dd")).to_be_visible()
    visit.page.evaluate("next.router.push('/')")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Few things, chosen to stay")
    visit.page.wait_for_timeout(QUIET_MS)
    assert not [entry for entry in recorder.taken if CART.search(entry)]


def test_consent_that_is_taken_back_ends_it_in_every_tab(
    new_visit: NewVisit, recorder: StandIn
) -> None:
    recorder.ignored = ["dom"]
    visit = new_visit()
    visit.go("/")
    allow(visit, recorder)
    other = visit.page.context.new_page()
    other.goto("/")
    until(other, lambda: recorder.loads == 2, "the other tab is not recorded")
    press(visit.page, CHOICES)
    expect(visit.page.get_by_text("You have allowed recording.")).to_be_visible()
    with visit.page.expect_navigation():
        press(visit.page, REFUSE)
    nothing_records(visit, recorder)
    other.evaluate("document.querySelector('main').append('after the refusal')")
    other.wait_for_timeout(QUIET_MS)
    assert not [entry for entry in recorder.taken if "after the refusal" in entry]
    other.reload()
    nothing_records(visit, recorder)
    press(visit.page, CHOICES)
    expect(visit.page.get_by_text("Recording is off.")).to_be_visible()


def test_a_browser_that_asks_for_privacy_has_refused(
    new_visit: NewVisit, recorder: StandIn
) -> None:
    signal = "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true });"
    visit = new_visit(script=signal)
    visit.go("/")
    expect(visit.page.get_by_role("button", name=CHOICES)).to_be_attached()
    expect(visit.page.get_by_role("button", name=ALLOW)).to_be_hidden()
    nothing_records(visit, recorder)
    press(visit.page, CHOICES)
    allow(visit, recorder)
    visit.go("/")
    until(visit.page, lambda: recorder.loads == 2, "what was allowed is not kept")


NO_STORAGE = """
Object.defineProperty(window, 'localStorage', {
  get() { throw new DOMException('', 'SecurityError'); },
});
"""
NOT_SAMPLED = "sessionStorage.setItem('replay-sampled', 'no');"


@pytest.mark.parametrize("script", [NO_STORAGE, NOT_SAMPLED], ids=["no-storage", "not-sampled"])
def test_nothing_is_recorded_of(new_visit: NewVisit, recorder: StandIn, script: str) -> None:
    visit = new_visit(script=script)
    visit.go("/")
    press(visit.page, ALLOW)
    visit.go("/")
    nothing_records(visit, recorder)
    assert recorder.loads == 0
    asked_again = visit.page.get_by_role("button", name=ALLOW)
    expect(asked_again).to_be_visible(visible=script == NO_STORAGE)


def test_the_question_is_answered_by_keyboard(new_visit: NewVisit, recorder: StandIn) -> None:
    visit = new_visit(PHONE)
    page = visit.page
    visit.go("/")
    question = page.get_by_role("region", name="Session recording")
    expect(question).to_be_visible()
    assert page.evaluate("document.activeElement === document.body"), "the focus was taken"
    covered = question.bounding_box()
    assert covered is not None
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.get_by_role("button", name=ALLOW).evaluate("element => element.matches(':focus')"):
            break
        bottom = page.evaluate("document.activeElement.getBoundingClientRect().bottom")
        assert bottom <= covered["y"] + 1, page.evaluate("document.activeElement.outerHTML")
    page.keyboard.press("Escape")
    expect(question).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=REFUSE)).to_be_focused()
    page.keyboard.press("Enter")
    choices = page.get_by_role("button", name=CHOICES)
    expect(choices).to_be_focused()
    page.keyboard.press("Enter")
    expect(question).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    until(page, lambda: recorder.taken, "nothing is recorded")


SHIFTS = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const { value } of list.getEntries()) window.shifts += value;
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("path", ["/", "/cart"])
def test_the_question_moves_nothing_and_keeps_nobody_out(new_visit: NewVisit, path: str) -> None:
    visit = new_visit(PHONE, reduced_motion="reduce", script=SHIFTS)
    page = visit.page
    visit.go(path)
    question = page.get_by_role("region", name="Session recording")
    expect(question).to_be_visible()
    page.wait_for_timeout(QUIET_MS)
    shifts = page.evaluate("window.shifts")
    for size, name in (((320, 568), "small"), (PHONE, "phone"), (DESKTOP, "desktop")):
        visit.resize(size)
        box = question.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert barriers(page) == [], f"{name}, {scheme}"
        if path == "/":
            page.screenshot(path=SCREENSHOTS / f"consent-{name}.png")
    visit.resize(PHONE)
    page.wait_for_timeout(QUIET_MS)
    resized = page.evaluate("window.shifts")
    press(page, REFUSE)
    page.wait_for_timeout(QUIET_MS)
    # The header's own counter moves by as little as 0.001; a question in the page's flow by 0.06.
    assert shifts < 0.01
    assert page.evaluate("window.shifts") - resized < 0.01
    expect(page.get_by_role("button", name=CHOICES)).to_be_attached()
    assert barriers(page) == []
