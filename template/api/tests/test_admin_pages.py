import re
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient
from render.api.service import StorefrontPages

from tests.conftest import ADMIN_TOKEN, MakeClient
from tests.helpers import ADMIN, create, product

OWN = {"Sec-Fetch-Site": "same-origin"}
FORM: dict[str, Any] = {
    "slug": "chair",
    "name": "Chair",
    "description": "",
    "price": "185.50",
    "currency": "EUR",
    "category": "",
    "materials": "Oak, Soy and beeswax",
    "width": "600",
    "stock": "3",
    "stock_shown": "",
    "active": "y",
    "pictures": "shop/local/front A chair\n/seed/back.webp\n",
    "save": "Save",
}
PAGES = ["/admin/product/list", "/admin/product/create", "/admin/product/picture?name=a"]


def log_in(client: TestClient, token: str = ADMIN_TOKEN) -> int:
    client.headers.update(OWN)
    return client.post("/admin/login", data={"token": token}, follow_redirects=False).status_code


@pytest.fixture
def admin(client: TestClient) -> TestClient:
    """Return the API's client after the login."""
    assert log_in(client) == 302
    return client


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the slugs of which the storefront is told."""
    slugs: list[str] = []

    async def refresh(_: Any, slug: str) -> None:
        slugs.append(slug)

    monkeypatch.setattr(StorefrontPages, "refresh", refresh)
    return slugs


def edit(client: TestClient, created: dict[str, Any], **changes: Any) -> int:
    data = FORM | {"stock_shown": created["stock"]} | changes
    address = f"/admin/product/edit/{created['id']}"
    return client.post(address, data=data, follow_redirects=False).status_code


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_shown_before_the_login(client: TestClient, path: str) -> None:
    answer = client.get(path, follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (
        302,
        "http://testserver/admin/login",
    )
    for path in ("/admin/product/create", "/admin/product/sign"):
        answer = client.post(path, data=FORM, headers=OWN, follow_redirects=False)
        assert answer.status_code == 302
    assert client.get("/admin/products", headers=ADMIN).json() == []


def test_the_token_opens_the_pages(client: TestClient) -> None:
    assert log_in(client, "wrong") == 400
    assert "This is not the token." in client.post("/admin/login", data={"token": ""}).text
    assert log_in(client, f" {ADMIN_TOKEN} ") == 302
    assert str(client.get("/admin").url).endswith("/admin/product/list")
    # And nothing else: what a program calls takes the token alone.
    assert client.get("/admin/products").status_code == 401
    assert client.post("/admin/products", json=product("chair")).status_code == 401

    client.get("/admin/logout")
    assert client.get("/admin/product/list", follow_redirects=False).status_code == 302


def test_a_session_ends_with_its_token_and_after_a_while(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, during, after = (
        make_client(admin_token=token) for token in ("earlier", "earlier,new", "new")
    )
    assert log_in(first, "earlier") == 302
    for client in (during, after):
        client.cookies = first.cookies
    statuses = [
        client.get("/admin/product/list", follow_redirects=False).status_code
        for client in (first, during, after)
    ]
    assert statuses == [200, 200, 302]
    assert [log_in(during, token) for token in ("earlier", "new", "earlier,new")] == [302, 302, 400]

    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 4 * 3600 + 10)
    assert first.get("/admin/product/list", follow_redirects=False).status_code == 302


@pytest.mark.parametrize("environment", ["local", "production"])
def test_the_cookie_is_for_this_origin_alone(make_client: MakeClient, environment: str) -> None:
    client = make_client(environment=environment)
    answer = client.post(
        "/admin/login", data={"token": ADMIN_TOKEN}, headers=OWN, follow_redirects=False
    )

    name, *flags = answer.headers["set-cookie"].lower().split("; ")
    is_live = environment == "production"
    assert name.startswith("__host-admin=" if is_live else "admin=")
    assert {"httponly", "samesite=strict", "path=/", "max-age=14400"} <= set(flags)
    assert ("secure" in flags) == is_live
    assert answer.headers["location"].startswith("https://" if is_live else "http://")
    assert ADMIN_TOKEN not in str(answer.headers)


def test_guesses_are_limited_together(client: TestClient) -> None:
    statuses = [log_in(client, f"guess-{number}") for number in range(31)]

    assert statuses == [400] * 30 + [429]
    assert client.post("/admin/products", headers={"Authorization": "Bearer x"}).status_code == 429
    assert log_in(client) == 302


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 302),
        ({"Origin": "http://testserver"}, 302),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://testserver.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
        ({"Sec-Fetch-Site": "same-origin", "X-Storefront-Proof": "rewrite any"}, 404),
    ],
)
def test_only_a_page_of_its_own_sends_a_form(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    assert log_in(client) == 302
    del client.headers["Sec-Fetch-Site"]

    answer = client.post(
        "/admin/product/create", data=FORM, headers=headers, follow_redirects=False
    )

    assert answer.status_code == status
    shown = [each["slug"] for each in client.get("/admin/products", headers=ADMIN).json()]
    assert shown == (["chair"] if status == 302 else [])


def test_the_storefront_shows_none_of_it(admin: TestClient) -> None:
    proof = {"X-Storefront-Proof": "rewrite any"}
    paths = ["/admin/login", "/admin/product/list", "/admin/statics/js/main.js"]

    assert [admin.get(path).status_code for path in paths] == [200] * 3
    assert [admin.get(path, headers=proof).status_code for path in paths] == [404] * 3


def test_pages_run_only_what_comes_from_their_origin(make_client: MakeClient) -> None:
    client = make_client(
        cloudinary_url="cloudinary://key:secret@MyCloud", storefront_origin="https://shop.example"
    )
    create(client, "chair")
    pages = [client.get("/admin/login")]
    log_in(client)
    pages += [client.get(path) for path in ("/admin/product/list", "/admin/product/create")]
    for page in pages:
        policy = dict(
            part.split(" ", 1) for part in page.headers["content-security-policy"].split("; ")
        )
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["connect-src"] == "'self' https://api.cloudinary.com"
        assert policy["img-src"].split()[2:] == [
            "https://shop.example",
            "https://res.cloudinary.com/MyCloud/",
        ]
        assert page.headers["x-robots-tag"] == "noindex, nofollow"
        assert page.headers["cache-control"] == "no-store"
        assert not re.findall(r"<script(?![^>]*\bsrc=)|\son\w+=|<style|\sstyle=", page.text)
        sources = re.findall(r'(?:src|href)="(http[^"]+)"', page.text)
        assert sources
        assert {source.split("/")[2] for source in sources} == {"testserver"}
        for source in sources:
            if "/statics/" in source or "/own/" in source:
                assert client.get(source).status_code == 200


def test_a_product_is_made_in_units_that_people_use(admin: TestClient, told: list[str]) -> None:
    assert admin.get("/products/chair").status_code == 404

    made = admin.post("/admin/product/create", data=FORM, follow_redirects=False)

    assert made.status_code == 302, made.text
    chair = admin.get("/products/chair").json()
    assert (chair["price_minor"], chair["stock"], chair["category"]) == (18550, 3, None)
    assert chair["materials"] == ["Oak", "Soy and beeswax"]
    assert chair["dimensions"] == dict.fromkeys(chair["dimensions"], None) | {"width": 600}
    assert (chair["image"], chair["image_alt"]) == ("shop/local/front", "A chair")
    assert chair["gallery"] == [{"image": "/seed/back.webp", "alt": ""}]
    assert told == ["chair"]


def test_a_saved_form_changes_what_was_changed_in_it(
    admin: TestClient, told: list[str], postgres: Any
) -> None:
    admin.post("/admin/product/create", data=FORM)
    [chair] = admin.get("/admin/products", headers=ADMIN).json()
    admin.get("/products/chair")
    page = admin.get(f"/admin/product/edit/{chair['id']}").text
    for value in ("185.50", "Oak, Soy and beeswax", "shop/local/front A chair"):
        assert value in page

    # Two are sold while the form is open.
    postgres.psql("UPDATE products SET stock = 1")
    assert edit(admin, chair, price="190", active="") == 302
    [changed] = admin.get("/admin/products", headers=ADMIN).json()
    assert changed == chair | {
        "price_minor": 19000,
        "stock": 1,
        "active": False,
        "updated_at": changed["updated_at"],
    }
    assert admin.get("/products/chair").status_code == 404

    assert edit(admin, chair, stock="8") == 400
    assert edit(admin, chair, stock="8", stock_shown="1") == 302
    assert admin.get("/products/chair").json()["stock"] == 8
    assert told == ["chair"] * 3


@pytest.mark.parametrize(
    ("currency", "price", "minor"),
    [("EUR", "0.5", 50), ("JPY", "1200", 1200), ("KWD", "1.234", 1234), ("USD", "7", 700)],
)
def test_each_currency_has_its_digits(
    admin: TestClient, currency: str, price: str, minor: int
) -> None:
    admin.post("/admin/product/create", data=FORM | {"currency": currency, "price": price})

    [made] = admin.get("/admin/products", headers=ADMIN).json()
    assert made["price_minor"] == minor
    digits = {"JPY": 0, "KWD": 3}.get(currency, 2)
    shown = f"{minor / 10**digits:.{digits}f} {currency}"
    assert shown in admin.get("/admin/product/list").text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"slug": "A chair"}, "String should match pattern"),
        ({"price": "1.005"}, "It has too many decimal places"),
        ({"price": "many"}, "Not a valid decimal value"),
        ({"price": "-1"}, "greater than or equal to 0"),
        ({"currency": "JPY"}, "It has too many decimal places"),
        ({"stock": "-1"}, "greater than or equal to 0"),
        ({"width": "0"}, "greater than or equal to 1"),
        ({"pictures": "//elsewhere.example/a.png"}, "String should match pattern"),
        ({"materials": "a" * 101}, "at most 100 characters"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_mistake_is_shown_at_its_field(
    admin: TestClient, changes: dict[str, str], text: str
) -> None:
    answer = admin.post("/admin/product/create", data=FORM | changes)

    assert answer.status_code == 400
    [shown] = re.findall(r'class="invalid-feedback">([^<]+)', answer.text)
    assert text in shown
    assert admin.get("/admin/products", headers=ADMIN).json() == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"slug": "stool"}, "A product keeps its slug"),
        ({"currency": "USD"}, "A product keeps its currency"),
    ],
)
def test_what_a_product_keeps_is_said(
    admin: TestClient, changes: dict[str, str], text: str
) -> None:
    admin.post("/admin/product/create", data=FORM)
    assert (
        "There is a product with this slug" in admin.post("/admin/product/create", data=FORM).text
    )
    [chair] = admin.get("/admin/products", headers=ADMIN).json()

    answer = admin.post(
        f"/admin/product/edit/{chair['id']}", data=FORM | {"stock_shown": "3"} | changes
    )

    assert (answer.status_code, text in answer.text) == (400, True)
    assert admin.get("/admin/products", headers=ADMIN).json() == [chair]


def test_a_browser_uploads_what_is_signed_for_it(make_client: MakeClient) -> None:
    off = make_client()
    log_in(off)
    refused = off.post("/admin/product/sign")
    assert (refused.status_code, refused.text) == (
        503,
        "Uploads are off: CLOUDINARY_URL is not set.",
    )

    client = make_client(
        cloudinary_url="cloudinary://key:secret@MyCloud", storefront_origin="https://shop.example"
    )
    log_in(client)
    signed = client.post("/admin/product/sign").json()
    assert signed["parameters"]["public_id"].startswith("shop/local/")
    addresses = [
        client.get("/admin/product/picture", params={"name": name}, follow_redirects=False).headers[
            "location"
        ]
        for name in ("/seed/a.webp", "shop/local/a")
    ]
    assert addresses == [
        "https://shop.example/seed/a.webp",
        "https://res.cloudinary.com/MyCloud/image/upload/c_limit,w_320/f_auto/q_auto/shop/local/a",
    ]
