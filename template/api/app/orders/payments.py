"""Stripe: the calls that the shop makes, through the official SDK, and what they say of an order.

Nothing else is believed: neither that a customer returned nor what an event holds.
"""

import logging
from collections.abc import Awaitable
from typing import Literal, cast

import stripe
from fastapi import HTTPException
from stripe.checkout import Session
from stripe.params.checkout import SessionCreateParams

from app.orders.models import Order
from app.orders.session import Seen

# For each step of a call. Asked twice, an answer is still in time for the storefront.
STEP_SECONDS = 2.5
RETRIES = 1
# A payment that settles later is not there yet; in these states it never will be.
FAILED = ("requires_payment_method", "canceled")
WHOLE = ["payment_intent.latest_charge"]

logger = logging.getLogger(__name__)


class Payments:
    """The store's account at Stripe."""

    def __init__(self, key: str, webhook_secret: str, origin: str | None) -> None:
        self._http = stripe.HTTPXClient(timeout=STEP_SECONDS)
        self._client = stripe.StripeClient(
            key,
            base_addresses={"api": origin} if origin else None,
            max_network_retries=RETRIES,
            http_client=self._http,
        )
        self._sessions = self._client.v1.checkout.sessions
        self._webhook_secret = webhook_secret
        self.livemode = "_live_" in key

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def create(self, order: Order) -> Seen | None:
        """Create the order's session, or return it: whoever asks again gets the same one.

        None says that there is none: what Stripe refuses, it has not carried out before either,
        because it looks the key up first. An HTTPException says that nobody knows.
        """
        request = cast(SessionCreateParams, order.request)
        key = order.id.hex
        return await _answered(self._sessions.create_async(request, {"idempotency_key": key}))

    async def read(self, session_id: str) -> Seen | None:
        """Return what has become of a session; None if the account has no such session."""
        whole = self._sessions.retrieve_async(session_id, {"expand": WHOLE})
        return await _answered(whole)

    async def expire(self, session_id: str) -> Seen | None:
        """End a session, unless the customer was faster; return what has become of it."""
        ended = await _answered(self._sessions.expire_async(session_id))
        return ended or await self.read(session_id)

    def event(self, body: bytes, signature: str) -> stripe.Event:
        """Return an event that Stripe has signed, not too long ago; refuse any other."""
        try:
            return self._client.construct_event(body, signature, self._webhook_secret)
        except (stripe.SignatureVerificationError, ValueError):
            raise HTTPException(400, "The event is not Stripe's.") from None


async def _answered(call: Awaitable[Session]) -> Seen | None:
    try:
        return _seen(await call)
    except stripe.StripeError as error:
        # Not its text, which repeats what was sent.
        kind = type(error).__name__
        logger.warning("Stripe: %s, %s, request %s", kind, error.code, error.request_id)
        if isinstance(error, stripe.InvalidRequestError):
            return None
        detail = "The payment service does not answer."
        raise HTTPException(503, detail, {"Retry-After": "5"}) from None


def _seen(session: Session) -> Seen:
    intent = session.payment_intent
    intent = None if isinstance(intent, str) else intent
    charge = intent.latest_charge if intent else None
    person = session.customer_details
    shipping = session.collected_information and session.collected_information.shipping_details
    address = shipping.address.to_dict() if shipping else None
    return Seen(
        session_id=session.id,
        url=session.url,
        outcome=_outcome(session, intent.status if intent else None),
        reference=session.client_reference_id,
        total_minor=session.amount_total,
        currency=session.currency,
        livemode=session.livemode,
        payment_id=intent.id if intent else None,
        refunded_minor=charge.amount_refunded if isinstance(charge, stripe.Charge) else 0,
        email=person.email if person else None,
        name=shipping.name if shipping else None,
        address=address,
    )


def _outcome(
    session: Session, payment: str | None
) -> Literal["open", "pending", "paid", "expired"]:
    if session.status == "open":
        return "open"
    if session.status == "complete" and session.payment_status != "unpaid":
        return "paid"
    return "expired" if session.status == "expired" or payment in FAILED else "pending"
