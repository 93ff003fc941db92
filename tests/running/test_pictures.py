"""The pictures of the shop in the README are of the shop as it is today.

`make pictures` takes them. Fonts differ from machine to machine, so two pictures of the same page
are never the same bytes. Compared are what can be read on the page, which is stored beside the
picture, and the colours of both pictures, each reduced to a coarse grid: another layout, stylesheet
or product picture shows there.
"""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from playwright.sync_api import Browser, Page, expect
from support.browser import chromium_without_network, visiting
from support.pictures import FOLDER
from support.running_store import Storefront

PAGES = {
    "shop": "/",
    "category": "/categories/tableware",
    "product": "/products/moon-jar-vase",
    "cart": "/cart",
}
SIZE = (1280, 860)
PICTURE_BYTES = 300_000
GRID = (8, 5)
TOLERANCE = 12
"""How far the average colour of a cell may be off, of 255."""

AVERAGES = """async ([picture, columns, rows]) => {
  const image = new Image();
  image.src = picture;
  await image.decode();
  const canvas = new OffscreenCanvas(columns, rows);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, columns, rows);
  return Array.from(context.getImageData(0, 0, columns, rows).data);
}"""

VISIBLE_TEXT = """() =>
  Array.from(document.querySelectorAll("body *"))
    .filter((element) => !element.children.length && element.checkVisibility())
    .filter((element) => element.getBoundingClientRect().top < innerHeight)
    .map((element) => element.textContent.trim())
    .filter(Boolean)
    .join("\\n")"""


@pytest.mark.parametrize("name", PAGES)
def test_the_shop_is_as_in_the_picture(
    name: str, plain_storefront: Storefront, pytestconfig: pytest.Config
) -> None:
    stored_picture, stored_text = FOLDER / f"{name}.webp", FOLDER / f"{name}.txt"
    with chromium_without_network() as browser:
        address = f"http://localhost:{plain_storefront.port}"
        context = browser.new_context(
            base_url=address,
            viewport={"width": SIZE[0], "height": SIZE[1]},
            device_scale_factor=1.5,
        )
        with visiting(context) as visit:
            if name == "cart":
                visit.put_into_cart("bud-vase-trio")
                visit.put_into_cart("terracotta-planter")
            visit.go(PAGES[name])
            if name == "cart":
                expect(visit.page.locator(".sum dd")).to_be_visible()
                expect(visit.page.get_by_label("Delivery to")).to_be_visible()
            visit.look_at_everything()
            text, picture = f"{visit.page.evaluate(VISIBLE_TEXT)}\n", photograph(visit.page)
        if pytestconfig.getoption("--write-pictures"):
            stored_text.write_text(text, encoding="utf-8")
            stored_picture.write_bytes(picture)

        kept = stored_picture.read_bytes()
        assert stored_text.read_text(encoding="utf-8") == text, "the picture is old: make pictures"
        assert len(kept) < PICTURE_BYTES
        stored, taken = (averages(browser, shown) for shown in (kept, picture))
        differing = max(abs(one - other) for one, other in zip(stored, taken, strict=True))
        assert differing <= TOLERANCE, "the picture is old: make pictures"


def photograph(page: Page) -> bytes:
    """Return what is in sight of a page, as WebP."""
    options = {"format": "webp", "quality": 90}
    taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", options)
    return b64decode(taken["data"])


def averages(browser: Browser, picture: bytes) -> list[int]:
    """Return the average colour of each cell of the grid that a picture is reduced to."""
    page = browser.new_page()
    try:
        address = f"data:image/webp;base64,{b64encode(picture).decode()}"
        found: list[int] = page.evaluate(AVERAGES, [address, *GRID])
        return found
    finally:
        page.close()
