"""Asks Stripe, now and then, of the orders whose events have not come."""

import asyncio
import logging
import random
from typing import Any

from app.orders import repository
from app.orders.checkout import Checkout

ROUND_SECONDS = 60
PAUSE_SECONDS = 1

logger = logging.getLogger(__name__)


async def reconcile(held: dict[str, Any]) -> None:
    """Go on until the process ends."""
    checkout = Checkout(held)
    try:
        while True:
            # Not all processes at once.
            await asyncio.sleep(ROUND_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311
            try:
                await reconcile_once(checkout)
            except Exception:
                logger.exception("Orders were not reconciled")
    finally:
        await checkout.payments.close()


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
