"""Checkout at Stripe, the customer's orders, and withdrawals from them."""

from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Request, Response
from limits import RateLimitItemPerMinute
from render.api.limits import claimed_address, counted_as
from render.api.service import Limits, Sessions
from sqlalchemy import select

from app.cart.endpoints import CartId
from app.orders import repository
from app.orders.checkout import Checkout
from app.orders.delivery import CURRENCY, DESTINATIONS
from app.orders.models import Order
from app.orders.schemas import (
    CheckoutPage,
    CheckoutWanted,
    DeliveryView,
    OrderView,
    WithdrawalReceipt,
    WithdrawalWanted,
)
from app.products.schemas import NoNul

# Each of them asks Stripe.
CHECKOUT_CALLS = RateLimitItemPerMinute(20, namespace="checkout-calls")
ORDER_CALLS = RateLimitItemPerMinute(20, namespace="order-calls")
WITHDRAWALS = RateLimitItemPerMinute(10, namespace="withdrawals")
EVENTS = {
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "charge.refunded",
}


async def _private(response: Response) -> None:
    response.headers["Cache-Control"] = "private, no-store"


router = APIRouter(tags=["orders"])
PRIVATE = [Depends(_private)]


async def _checkout(request: Request) -> Checkout | None:
    return Checkout(request.state) if request.state.payments else None


MaybeCheckout = Annotated[Checkout | None, Depends(_checkout)]


async def _checkout_that_is_on(checkout: MaybeCheckout) -> Checkout:
    if checkout is None:
        raise HTTPException(404, "Checkout is off: STRIPE_SECRET_KEY is not set.")
    return checkout


OpenCheckout = Annotated[Checkout, Depends(_checkout_that_is_on)]


async def _own_cart(request: Request, cart_id: CartId, limits: Limits) -> UUID:
    if cart_id is None:
        raise HTTPException(409, "The cart is empty.")
    await limits.count(CHECKOUT_CALLS, counted_as(request, cart_id.hex))
    return cart_id


OwnCart = Annotated[UUID, Depends(_own_cart)]


@router.get("/delivery")
async def read_delivery(checkout: MaybeCheckout) -> DeliveryView:
    return DeliveryView(
        checkout=checkout is not None,
        currency=CURRENCY,
        destinations=sorted(DESTINATIONS.values(), key=lambda each: each.country),
    )


@router.post("/checkout", dependencies=PRIVATE)
async def begin_checkout(
    wanted: CheckoutWanted, request: Request, checkout: OpenCheckout, cart_id: OwnCart
) -> CheckoutPage:
    return CheckoutPage(url=await checkout.start(cart_id, wanted, request))


@router.delete("/checkout", status_code=204, dependencies=PRIVATE)
async def cancel_checkout(checkout: OpenCheckout, cart_id: OwnCart) -> None:
    await checkout.cancel(cart_id)


@router.get("/orders/{number}", dependencies=PRIVATE)
async def read_order(
    number: Annotated[str, Path(max_length=40), NoNul],
    cart_id: CartId,
    checkout: MaybeCheckout,
    sessions: Sessions,
    limits: Limits,
) -> OrderView:
    # Only to the browser that has ordered: an address is easily passed on, a cookie is not.
    query = select(Order).where(Order.number == number, Order.cart_id == cart_id)
    async with sessions() as session:
        order = await session.scalar(query)
    if order is None or cart_id is None:
        raise HTTPException(404, "This browser has no such order.")
    if checkout and order.status in {"open", "pending"}:
        # What is known will do: the page asks again, and events come.
        with suppress(HTTPException):
            await limits.count(ORDER_CALLS, order.id.hex)
            await checkout.ask(order.id)
        async with sessions() as session:
            order = await session.get_one(Order, order.id)
    return OrderView.model_validate(order)


@router.post("/withdrawals", status_code=201, dependencies=PRIVATE)
async def withdraw(
    wanted: WithdrawalWanted, request: Request, sessions: Sessions, limits: Limits
) -> WithdrawalReceipt:
    await limits.count(WITHDRAWALS, claimed_address(request))
    async with sessions.begin() as session:
        withdrawal = await repository.withdraw(session, wanted)
    # The same for any number, so that nobody can try which ones there are.
    return WithdrawalReceipt(**wanted.model_dump(), received_at=withdrawal.received_at)


@router.post("/webhooks/stripe", status_code=204, tags=["webhooks"])
async def take_event(
    request: Request,
    checkout: MaybeCheckout,
    sessions: Sessions,
    signature: Annotated[str, Header(alias="Stripe-Signature", max_length=1000)],
) -> None:
    if checkout is None:
        raise HTTPException(404, "There is no Stripe account here.")
    event = checkout.payments.event(await request.body(), signature)
    if event.type not in EVENTS:
        return
    order_id = _order_of(event.data.object.to_dict())
    async with sessions() as session:
        # An account may also have payments of something else.
        if order_id is None or not await repository.is_news(session, order_id, event.id):
            return
    await checkout.ask(order_id, event.id)


def _order_of(subject: dict[str, Any]) -> UUID | None:
    try:
        return UUID(subject["metadata"]["order"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
