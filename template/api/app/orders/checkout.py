"""From a cart to an order that is paid, also when any of the steps is the last one.

The order is written before Stripe is called, with the words of that call: whoever finds it later
says them again, and learns what became of it. Stock comes back only when Stripe has said that
nobody will pay.
"""

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fastapi import HTTPException, Request
from limits import RateLimitItemPerHour
from render.api.cache import Cache
from render.api.limits import RateLimits, claimed_address
from render.api.service import StorefrontPages
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.orders import repository
from app.orders.models import Order
from app.orders.schemas import CheckoutWanted
from app.orders.session import Seen

if TYPE_CHECKING:
    from app.orders.payments import Payments

# Of an address, which many may share: each order holds its pieces for half an hour.
NEW_ORDERS = RateLimitItemPerHour(30, namespace="new-orders")
HELD_PIECES = RateLimitItemPerHour(100, namespace="held-pieces")
# An order that the cart has outgrown is ended first, and another window may begin one meanwhile.
ATTEMPTS = 3

logger = logging.getLogger(__name__)
_refreshing: set[asyncio.Task[None]] = set()


class Checkout:
    def __init__(self, held: Any) -> None:
        """Take what it needs of what `request.state` has."""
        self.origin: str = held["settings"].storefront_origin or ""
        self.payments: Payments = held["payments"]
        self.sessions: async_sessionmaker[AsyncSession] = held["sessions"]
        self.limits: RateLimits = held["limits"]
        self.catalogue: Cache = held["catalogue"]
        self.storefront: StorefrontPages = held["storefront"]

    async def start(self, cart_id: UUID, wanted: CheckoutWanted, request: Request) -> str:
        """Return where the customer pays, or sees what they have paid."""
        for _ in range(ATTEMPTS):
            async with self.sessions.begin() as session:
                basket = await repository.lock_basket(session, cart_id, wanted)
                order, is_new = basket.order, basket.order is None
                if order is None:
                    await self._count(basket, claimed_address(request))
                    order = await repository.place(session, cart_id, basket, self.origin)
            if is_new:
                await self._show_stock(order.id)
            seen = await self.ask(order.id)
            if seen and not is_new and order.session_id is None:
                # What was said again may be over by now.
                seen = await self.ask(order.id)
            if not is_new and not basket.is_ordered:
                seen = await self.end(order.id, seen)
            if is_new and seen is None:
                raise HTTPException(502, "The payment service takes no orders.")
            if seen and seen.outcome != "expired":
                return seen.url or f"{self.origin}/orders/{order.number}"
        raise HTTPException(409, "The order is being changed in another window.")

    async def _count(self, basket: repository.Basket, address: str) -> None:
        pieces = sum(line.quantity for line in basket.lines if line.stock is not None)
        if pieces > HELD_PIECES.amount:
            raise HTTPException(409, "Ask the store for so many pieces.")
        await self.limits.count(NEW_ORDERS, address)
        await self.limits.count(HELD_PIECES, address, max(1, pieces))

    async def cancel(self, cart_id: UUID) -> None:
        """End what the cart has begun; refuse it if the customer has paid."""
        async with self.sessions() as session:
            order = await repository.open_order(session, cart_id)
        if order is None:
            return
        seen = await self.end(order.id, await self.ask(order.id))
        if seen and seen.outcome != "expired":
            raise HTTPException(409, "The order is paid.")

    async def ask(self, order_id: UUID, event_id: str | None = None) -> Seen | None:
        """Ask Stripe what has become of an order, and note it; None says that it has no session."""
        async with self.sessions() as session:
            order = await session.get_one(Order, order_id)
        read, create = self.payments.read, self.payments.create
        seen = await (read(order.session_id) if order.session_id else create(order))
        await self._note(order_id, seen, event_id)
        return seen

    async def end(self, order_id: UUID, seen: Seen | None) -> Seen | None:
        """End an order's session if it is open, and note what has become of it."""
        if seen and seen.outcome == "open":
            seen = await self.payments.expire(seen.session_id)
            await self._note(order_id, seen)
        return seen

    async def settle(self, order_id: UUID) -> None:
        """Ask of an order that nobody else asks of; end it if no customer was sent to pay it."""
        async with self.sessions() as session:
            order = await session.get_one(Order, order_id)
        seen = await self.ask(order_id)
        if order.session_id is None:
            await self.end(order_id, seen)

    async def _note(self, order_id: UUID, seen: Seen | None, event_id: str | None = None) -> None:
        async with self.sessions.begin() as session:
            if event_id:
                await repository.take(session, event_id)
            livemode = self.payments.livemode
            order = await repository.note(session, order_id, seen, livemode=livemode)
        if order is None:
            return
        # Its number is enough to withdraw from it.
        logger.info("Order %s is %s", order.id, order.status)
        if order.problem:
            logger.error("Order %s needs a person: %s", order.id, order.problem)
        if order.status == "expired":
            await self._show_stock(order.id)

    async def _show_stock(self, order_id: UUID) -> None:
        """Have the shop show what is sold out now, or is there again."""
        async with self.sessions() as session:
            slugs = await repository.nearly_sold_out(session, order_id)
        if slugs:
            await self.catalogue.invalidate()
            # The customer does not wait for the pages.
            task = asyncio.create_task(self._refresh(slugs))
            _refreshing.add(task)
            task.add_done_callback(_refreshing.discard)

    async def _refresh(self, slugs: list[str]) -> None:
        for slug in slugs:
            await self.storefront.refresh(slug)
