"""Asks Stripe, now and then, of the orders whose events have not come."""

import asyncio
import logging
import random
from typing import TYPE_CHECKING

from render.api.service import Connections

from app.orders import repository
from app.orders.checkout import Checkout
from app.settings import Settings

if TYPE_CHECKING:
    from app.orders.payments import Payments

ROUND_SECONDS = 60
PAUSE_SECONDS = 1

logger = logging.getLogger(__name__)


async def reconcile(settings: Settings, payments: "Payments", held: Connections) -> None:
    """Go on until the process ends."""
    checkout = Checkout(
        settings, payments, held["sessions"], held["limits"], held["catalogue"], held["http"]
    )
    try:
        while True:
            # Not all processes at once.
            await asyncio.sleep(ROUND_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311
            try:
                await reconcile_once(checkout)
            except Exception:
                logger.exception("Orders were not reconciled")
    finally:
        await payments.close()


async def reconcile_once(checkout: Checkout) -> None:
    """Ask of the orders that are due, unless another process asks of them."""
    async with checkout.sessions.begin() as session:
        claimed = await repository.claim(session)
    for order_id in claimed:
        try:
            await checkout.settle(order_id)
        except Exception:
            # The others are not at fault.
            logger.exception("An order was not reconciled")
        await asyncio.sleep(PAUSE_SECONDS)
