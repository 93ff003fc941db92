"""What the store keeps of a person: python -m app.orders.customer export|erase EMAIL."""

import asyncio
import json
import os
import sys
from typing import Any

from render.api.database import create_engine
from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

import app.cart.models
import app.products.models  # noqa: F401 - orders refer to both
from app.db import Base
from app.orders.models import Order, Withdrawal

# Ids of the database, and what Stripe was asked, which names no person.
NOT_EXPORTED = {"id", "cart_id", "order_id", "product_id", "request"}


async def export(session: AsyncSession, email: str) -> dict[str, Any]:
    """Return all that is kept of a person."""
    orders = await session.scalars(select(Order).where(_is_theirs(Order, email)))
    withdrawals = await session.scalars(select(Withdrawal).where(_withdrawals_of(email)))
    return {
        "orders": [
            {**_columns(order), "items": [_columns(item) for item in order.items]}
            for order in orders
        ],
        "withdrawals": [_columns(withdrawal) for withdrawal in withdrawals],
    }


async def erase(session: AsyncSession, email: str) -> dict[str, Any]:
    """Remove the person from their orders: what was sold, when and for how much has to stay."""
    # These first: they are found by the orders.
    withdrawals = update(Withdrawal).where(_withdrawals_of(email))
    # What was typed as the number may be anything.
    nothing = {"name": None, "email": None, "number": None, "statement": None}
    withdrawn = withdrawals.values(nothing).returning(Withdrawal.id)
    orders = update(Order).where(_is_theirs(Order, email))
    ordered = orders.values(name=None, email=None, address=None, cart_id=None).returning(Order.id)
    done = {"withdrawals": withdrawn, "orders": ordered}
    return {name: len((await session.scalars(each)).all()) for name, each in done.items()}


def _is_theirs(model: Any, email: str) -> Any:
    return func.lower(model.email) == email.strip().lower()


def _withdrawals_of(email: str) -> Any:
    orders = select(Order.id).where(_is_theirs(Order, email))
    return or_(_is_theirs(Withdrawal, email), Withdrawal.order_id.in_(orders))


def _columns(row: Base) -> dict[str, Any]:
    names = row.__table__.columns.keys()
    return {name: getattr(row, name) for name in names if name not in NOT_EXPORTED}


async def run(command: str, email: str, url: str) -> dict[str, Any]:
    """Return what is kept, or how much was erased."""
    engine = create_engine(url, 1)
    try:
        async with AsyncSession(engine) as session, session.begin():
            return await (export if command == "export" else erase)(session, email)
    finally:
        await engine.dispose()


def main() -> None:
    match sys.argv[1:]:
        case [("export" | "erase") as command, email] if "@" in email:
            url = os.environ.get("DATABASE_URL")
            if not url:
                raise SystemExit("DATABASE_URL is not set: the PostgreSQL to look into.")
            done = asyncio.run(run(command, email, url))
            print(json.dumps(done, indent=2, default=str, ensure_ascii=False))
        case _:
            raise SystemExit(
                "Say what to do for whom: python -m app.orders.customer export|erase EMAIL"
            )


if __name__ == "__main__":
    main()
