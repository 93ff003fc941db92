"""Carts in PostgreSQL."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import HTTPException
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.cart.models import MAX_QUANTITY, Cart, CartItem
from app.orders.models import Order, OrderItem
from app.products.models import Product

# Without a change. Browsers forget the cookie after 400 days at the latest.
LIFETIME_SECONDS = 90 * 24 * 3600
# More than one, so that a backlog shrinks.
REMOVED_PER_NEW_CART = 5


@dataclass(frozen=True)
class Line:
    product: Product
    quantity: int
    # What this cart may have: its own open order has taken its pieces from the product's stock.
    stock: int | None

    @property
    def is_available(self) -> bool:
        return self.product.active and self.stock != 0


async def lines(session: AsyncSession, cart_id: UUID) -> list[Line]:
    held = _held(CartItem.cart_id, CartItem.product_id)
    query = (
        select(Product, CartItem.quantity, Product.stock + held)
        .join(Product, Product.id == CartItem.product_id)
        .where(CartItem.cart_id == cart_id)
        .order_by(CartItem.created_at, CartItem.product_id)
    )
    return [Line(*row) for row in await session.execute(query)]


async def lock(session: AsyncSession, cart_id: UUID) -> bool:
    """Take the cart for this transaction, if there is one."""
    query = update(Cart).where(Cart.id == cart_id).values(updated_at=func.now())
    return await session.scalar(query.returning(Cart.id)) is not None


async def create(session: AsyncSession) -> UUID:
    """Create a cart and return its id; remove a few that no browser holds any more."""
    # Not uuid4, of whose bits six are fixed: whoever guesses the id holds the cart.
    cart_id = UUID(bytes=secrets.token_bytes(16))
    await session.execute(insert(Cart).values(id=cart_id))
    # Taken in a CTE, which runs once: a subquery's LIMIT may be applied again for each row.
    expired = (
        select(Cart.id)
        .where(Cart.updated_at < func.now() - timedelta(seconds=LIFETIME_SECONDS))
        .order_by(Cart.updated_at)
        .limit(REMOVED_PER_NEW_CART)
        .with_for_update(skip_locked=True)
        .cte()
    )
    await session.execute(delete(Cart).where(Cart.id.in_(select(expired.c.id))))
    return cart_id


async def add(session: AsyncSession, cart_id: UUID, product: Product, quantity: int) -> None:
    """Add to a locked cart."""
    await _refuse_other_currency(session, cart_id, product)
    statement = insert(CartItem).values(cart_id=cart_id, product_id=product.id, quantity=quantity)
    total = CartItem.quantity + statement.excluded.quantity
    added = await session.scalar(
        statement.on_conflict_do_update(
            index_elements=[CartItem.cart_id, CartItem.product_id],
            set_={"quantity": total},
            where=total <= MAX_QUANTITY,
        ).returning(CartItem.quantity)
    )
    if added is None:
        raise HTTPException(409, f"A cart holds at most {MAX_QUANTITY} of one product.")
    await _refuse_more_than_there_is(session, cart_id, product, added)


async def change(session: AsyncSession, cart_id: UUID, product_id: UUID, quantity: int) -> bool:
    query = select(CartItem, Product).join(Product, Product.id == CartItem.product_id)
    found = (
        await session.execute(
            # A payment may be emptying the cart.
            query.where(
                CartItem.cart_id == cart_id, CartItem.product_id == product_id
            ).with_for_update(of=CartItem)
        )
    ).first()
    if found is None:
        return False
    item, product = found
    # Fewer of them are always fine.
    if quantity > item.quantity:
        await _refuse_more_than_there_is(session, cart_id, product, quantity)
    item.quantity = quantity
    return True


async def remove(session: AsyncSession, cart_id: UUID, product_id: UUID) -> None:
    await session.execute(
        delete(CartItem).where(CartItem.cart_id == cart_id, CartItem.product_id == product_id)
    )


async def _refuse_more_than_there_is(
    session: AsyncSession, cart_id: UUID, product: Product, quantity: int
) -> None:
    if product.stock is None or quantity <= product.stock:
        return
    stock = product.stock + (await session.scalar(select(_held(cart_id, product.id))) or 0)
    if quantity > stock:
        raise HTTPException(409, f"Only {stock} are left." if stock else "It is sold out.")


def _held(cart_id: Any, product_id: Any) -> ColumnElement[int]:
    """Return how many pieces of a product a cart's open order has taken."""
    taken = (
        select(OrderItem.quantity)
        .join(Order, Order.id == OrderItem.order_id)
        .where(
            Order.cart_id == cart_id,
            Order.status == "open",
            OrderItem.product_id == product_id,
            OrderItem.counted,
        )
    )
    return func.coalesce(taken.scalar_subquery(), 0)


async def _refuse_other_currency(session: AsyncSession, cart_id: UUID, product: Product) -> None:
    other = await session.scalar(
        select(Product.currency)
        .join(CartItem, CartItem.product_id == Product.id)
        .where(CartItem.cart_id == cart_id, Product.currency != product.currency)
        .limit(1)
    )
    if other is not None:
        raise HTTPException(409, f"This cart is in {other}, the product in {product.currency}.")
