"""Carts in PostgreSQL."""

import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.cart.models import MAX_QUANTITY, Cart, CartItem
from app.products.models import Product

Line = tuple[CartItem, Product]

# Without a change. Browsers forget the cookie after 400 days at the latest.
LIFETIME_SECONDS = 90 * 24 * 3600
# More than one, so that a backlog shrinks.
REMOVED_PER_NEW_CART = 5


class CartConflictError(Exception):
    """The cart as it is does not take this; the text says why."""


async def lines(session: AsyncSession, cart_id: UUID) -> list[Line]:
    query = (
        select(CartItem, Product)
        .join(Product, Product.id == CartItem.product_id)
        .where(CartItem.cart_id == cart_id)
        .order_by(CartItem.created_at, CartItem.product_id)
    )
    return [(item, product) for item, product in await session.execute(query)]


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
        raise CartConflictError(f"A cart holds at most {MAX_QUANTITY} of one product.")
    _refuse_more_than_there_is(product, added)


async def change(session: AsyncSession, cart_id: UUID, product_id: UUID, quantity: int) -> bool:
    query = select(CartItem, Product).join(Product, Product.id == CartItem.product_id)
    found = (
        await session.execute(
            query.where(CartItem.cart_id == cart_id, CartItem.product_id == product_id)
        )
    ).first()
    if found is None:
        return False
    item, product = found
    # Fewer of them are always fine.
    if quantity > item.quantity:
        _refuse_more_than_there_is(product, quantity)
    item.quantity = quantity
    return True


async def remove(session: AsyncSession, cart_id: UUID, product_id: UUID) -> None:
    await session.execute(
        delete(CartItem).where(CartItem.cart_id == cart_id, CartItem.product_id == product_id)
    )


def _refuse_more_than_there_is(product: Product, quantity: int) -> None:
    if product.stock is not None and quantity > product.stock:
        left = f"Only {product.stock} are left." if product.stock else "It is sold out."
        raise CartConflictError(left)


async def _refuse_other_currency(session: AsyncSession, cart_id: UUID, product: Product) -> None:
    other = await session.scalar(
        select(Product.currency)
        .join(CartItem, CartItem.product_id == Product.id)
        .where(CartItem.cart_id == cart_id, Product.currency != product.currency)
        .limit(1)
    )
    if other is not None:
        raise CartConflictError(f"This cart is in {other}, the product in {product.currency}.")
