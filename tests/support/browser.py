"""Chromium on a running store, and all that it has to complain about."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    WebError,
    expect,
    sync_playwright,
)

from support.checkout import ROOT

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
LOOPBACK = {"127.0.0.1", "localhost"}
PRODUCT = "oak-stool"
PATIENCE_SECONDS = 10
NOT_FOUND = "the server responded with a status of 404"
PHONE, DESKTOP = (390, 844), (1440, 900)
AXE = ROOT / "tests" / "node" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = Path(os.environ.get("LUMA_ARTIFACTS") or ROOT / ".cache" / "screenshots")

TAKEN_OVER = """
Object.keys(document.querySelector("main") ?? {}).some((key) => key.startsWith("__react"))
"""

REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  reportViolation(`${event.effectiveDirective} forbids ${event.blockedURI || "inline"}`));
"""


FOCUS_IS_SEEN = """() => {
  let focused = document.activeElement;
  if (focused === document.body) return true;
  while (focused.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(focused);
  const { left, top, width, height } = focused.getClientRects()[0];
  const there = focused.getRootNode().elementFromPoint(left + width / 2, top + height / 2);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && focused.contains(there);
}"""


def installed_program() -> str | None:
    """Return the system's Chromium, where there is one."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def offline(stand_ins: Mapping[str, int] | None = None) -> list[str]:
    """Return the flags with which Chromium finds this machine and nothing else.

    `stand_ins` maps host names to the ports on which this machine plays them. Not by routes:
    what they answer themselves hides what a browser would refuse.
    """
    mapped = [f"MAP {host} 127.0.0.1:{port}" for host, port in (stand_ins or {}).items()]
    rules = ", ".join([*mapped, "MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1", "EXCLUDE localhost"])
    trusting = ["--ignore-certificate-errors"] if stand_ins else []
    return [f"--host-resolver-rules={rules}", *trusting]


def chromium_program() -> str:
    """Return the system's Chromium; without one the test is skipped, but in CI it fails."""
    program = installed_program()
    if program is None:
        assert not os.environ.get("CI"), "Chromium is not installed, and CI skips nothing."
        pytest.skip("Chromium is not installed (on Debian: apt-get install chromium).")
    return program


@contextmanager
def chromium_without_network(stand_ins: Mapping[str, int] | None = None) -> Iterator[Browser]:
    """Start the system's Chromium, which finds no host but this one and the stand-ins."""
    program = chromium_program()
    with sync_playwright() as playwright:
        # Without a sandbox, which is Playwright's default: it only sees pages of ours.
        browser = playwright.chromium.launch(executable_path=program, args=offline(stand_ins))
        try:
            yield browser
        finally:
            browser.close()


def barriers(page: Page) -> list[str]:
    """Return what axe finds on a page."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['impact']}: {violation['help']}: {node['html']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def tab_to(page: Page, role: Any, name: str) -> None:
    """Press Tab until something has the focus; whatever has it meanwhile has to show that.

    Nothing has it where a page that is still arriving replaces what had it.
    """
    wanted = page.get_by_role(role, name=name, exact=True).first
    expect(wanted).to_be_attached()
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.outerHTML")
        assert page.evaluate(FOCUS_IS_SEEN), focused
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab never reaches the {role} {name!r}")


@dataclass
class Visit:
    """One customer: a browser profile of their own, and what went wrong in it."""

    page: Page
    problems: list[str] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a page and wait until it can be used: React has then taken it over."""
        self.page.goto(path)
        deadline = time.monotonic() + PATIENCE_SECONDS
        # Not by Playwright waiting itself, which needs eval: pages forbid it.
        while not self.page.evaluate(TAKEN_OVER):
            assert time.monotonic() < deadline, f"React does not take {path} over."
            self.page.wait_for_timeout(20)

    def put_into_cart(self, slug: str) -> None:
        """Have a product in the cart without walking through the shop."""
        http = self.page.context.request
        product = http.get(f"/api/products/{slug}").json()
        added = http.post("/api/cart/items", data={"product_id": product["id"], "quantity": 1})
        assert added.ok, added.text()

    def resize(self, size: tuple[int, int]) -> None:
        """Resize the window."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    def look_at_everything(self) -> None:
        """Scroll through the page, so that late images load, and back to its top."""
        self.page.evaluate(
            """async () => {
              const height = document.documentElement.scrollHeight;
              for (let y = 0; y < height; y += innerHeight / 2) {
                scrollTo(0, y);
                await new Promise(requestAnimationFrame);
              }
              scrollTo(0, 0);
              const loaded = Array.from(document.images, (image) => image.decode());
              // One that is exchanged meanwhile, as for another width, may never say so.
              const late = new Promise((resolve) => setTimeout(resolve, 5000));
              await Promise.race([Promise.allSettled(loaded), late]);
            }"""
        )

    def expect_problem(self, part: str) -> None:
        """Take the problems out that a test provokes; there has to be one."""
        expected = [problem for problem in self.problems if part in problem]
        assert expected, f"nothing complained of {part}: {self.problems}"
        self.problems = [problem for problem in self.problems if problem not in expected]

    def note_message(self, message: ConsoleMessage) -> None:
        """Note what the console complains of."""
        where = message.location.get("url", "")
        # While the router exchanges a page's icon, there is none for a moment, and Chromium may ask
        # for the one that every site had once.
        if message.type in {"error", "warning"} and urlsplit(where).path != "/favicon.ico":
            self.problems.append(f"console {message.type}: {message.text} ({where})")

    def note_error(self, error: WebError) -> None:
        """Note what nobody caught."""
        self.problems.append(f"uncaught: {error.error}")

    def note_request(self, request: Request) -> None:
        """Note what would leave this machine."""
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.hostname not in LOOPBACK:
            self.problems.append(f"request to {address.hostname}: {request.url}")

    def note_response(self, response: Response) -> None:
        """Keep an answer."""
        self.responses.append(response)


@contextmanager
def visiting(context: BrowserContext) -> Iterator[Visit]:
    """Record what goes wrong in a browser profile; nothing may be left of it at the end."""
    visit = Visit(context.new_page())
    context.expose_binding(
        "reportViolation", lambda _source, text: visit.problems.append(f"CSP: {text}")
    )
    context.add_init_script(REPORT_VIOLATIONS)
    context.on("console", visit.note_message)
    context.on("weberror", visit.note_error)
    context.on("request", visit.note_request)
    context.on("response", visit.note_response)
    yield visit
    context.close()
    assert visit.problems == []


NewVisit = Callable[..., Visit]
"""A function that opens a browser profile; its arguments are the profile's."""
