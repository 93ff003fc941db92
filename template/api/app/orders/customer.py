"""What the store keeps of a person: python -m app.orders.customer export|erase EMAIL."""

import asyncio
import json
import os
import sys
from typing import Any

from render.api.database import create_engine
from sqlalchemy import Table, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.cart import models as _carts  # noqa: F401 - orders refer to them
from app.orders.models import Order, OrderItem, Withdrawal
from app.products import models as _products  # noqa: F401

# What a session was asked for names no person.
NOT_EXPORTED = {"id", "cart_id", "order_id", "request"}


async def export(connection: AsyncConnection, email: str) -> dict[str, Any]:
    """Return all that is kept of a person."""
    orders = await _rows(connection, Order, _is_theirs(Order, email))
    for order in orders:
        items = OrderItem.order_id == order["id"]
        order["items"] = [_exported(row) for row in await _rows(connection, OrderItem, items)]
    withdrawals = await _rows(connection, Withdrawal, _withdrawals_of(email))
    return {
        "orders": [_exported(order) for order in orders],
        "withdrawals": [_exported(withdrawal) for withdrawal in withdrawals],
    }


async def erase(connection: AsyncConnection, email: str) -> dict[str, int]:
    """Remove the person from their orders: what was sold, when and for how much has to stay."""
    withdrawals = update(Withdrawal).where(_withdrawals_of(email))
    orders = update(Order).where(_is_theirs(Order, email))
    nobody = {"name": None, "email": None}
    # These first: they are found by the orders.
    return {
        "withdrawals": (
            await connection.execute(withdrawals.values(**nobody, statement=None))
        ).rowcount,
        "orders": (
            await connection.execute(orders.values(**nobody, address=None, cart_id=None))
        ).rowcount,
    }


def _is_theirs(model: Any, email: str) -> Any:
    return func.lower(model.email) == email.strip().lower()


def _withdrawals_of(email: str) -> Any:
    orders = select(Order.id).where(_is_theirs(Order, email))
    return or_(_is_theirs(Withdrawal, email), Withdrawal.order_id.in_(orders))


async def _rows(connection: AsyncConnection, model: Any, condition: Any) -> list[dict[str, Any]]:
    table: Table = model.__table__
    return [
        dict(row) for row in (await connection.execute(table.select().where(condition))).mappings()
    ]


def _exported(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in NOT_EXPORTED}


async def run(command: str, email: str, url: str) -> str:
    """Return what is kept, or how much was erased, as JSON."""
    engine = create_engine(url, 1)
    try:
        async with engine.begin() as connection:
            done = await (export if command == "export" else erase)(connection, email)
    finally:
        await engine.dispose()
    return json.dumps(done, indent=2, default=str, ensure_ascii=False)


def main() -> None:
    match sys.argv[1:]:
        case [("export" | "erase") as command, email] if "@" in email:
            url = os.environ.get("DATABASE_URL")
            if not url:
                raise SystemExit("DATABASE_URL is not set: the PostgreSQL to look into.")
            print(asyncio.run(run(command, email, url)))
        case _:
            raise SystemExit(
                "Say what to do for whom: python -m app.orders.customer export|erase EMAIL"
            )


if __name__ == "__main__":
    main()
