from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from tests.helpers import create, replace, slugs


def test_an_empty_catalogue_has_no_next_page(client: TestClient) -> None:
    assert client.get("/products").json() == {"items": [], "next_cursor": None}


def test_a_product_has_its_price_in_minor_units(client: TestClient) -> None:
    created = create(client, "chair", price_minor=12_900, image="shop/local/abc")

    read = client.get("/products/chair").json()

    assert read == created
    assert (read["price_minor"], read["currency"]) == (12_900, "EUR")


def test_pages_follow_each_other_while_products_are_added(client: TestClient) -> None:
    before = [create(client, f"old-{number:02}")["slug"] for number in range(25)]
    seen: list[str] = []
    cursor = None
    with ThreadPoolExecutor(4) as pool:
        while True:
            page = client.get(
                "/products", params={"limit": 4} | ({"cursor": cursor} if cursor else {})
            ).json()
            seen += [item["slug"] for item in page["items"]]
            if (cursor := page["next_cursor"]) is None:
                break
            new = [f"new-{len(seen)}-{number}" for number in range(4)]
            list(pool.map(lambda slug: create(client, slug), new))

    assert seen == list(reversed(before))


def test_the_last_full_page_says_that_it_is_the_last(client: TestClient) -> None:
    for slug in ("a", "b"):
        create(client, slug)

    assert client.get("/products", params={"limit": 2}).json()["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["x", "AAAA", "é", "_" * 32, "f" * 32, "A" * 32 + "="])
def test_a_made_up_cursor_is_no_server_error(client: TestClient, cursor: str) -> None:
    assert client.get("/products", params={"cursor": cursor}).status_code in {200, 400}


def test_search_looks_at_names_and_descriptions_in_any_case(client: TestClient) -> None:
    create(client, "lamp", name="Brass LAMP")
    create(client, "shade", description="Fits every lamp.")
    create(client, "bowl")

    assert slugs(client, q="  Lamp ") == ["shade", "lamp"]
    assert slugs(client, q="brass lamp") == ["lamp"]


@pytest.mark.parametrize(
    ("q", "wanted"), [("%", ["percent"]), ("_", ["score"]), ("\\", []), ("/", ["slash"])]
)
def test_wildcards_are_searched_for_as_characters(
    client: TestClient, q: str, wanted: list[str]
) -> None:
    create(client, "percent", name="100 % wool")
    create(client, "score", name="snake_case")
    create(client, "slash", name="and/or")

    assert slugs(client, q=q) == wanted


def test_an_inactive_product_is_not_shown(client: TestClient) -> None:
    create(client, "chair")
    replace(client, "chair", active=False)

    assert slugs(client) == []
    assert client.get("/products/chair").status_code == 404
