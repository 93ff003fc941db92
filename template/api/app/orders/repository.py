"""Orders in PostgreSQL. Products are locked in the order of their ids, carts before them."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from fastapi import HTTPException
from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.cart import repository as carts
from app.cart.models import CartItem
from app.orders.delivery import CURRENCY, DESTINATIONS
from app.orders.models import Order, OrderItem, StripeEvent, Withdrawal
from app.orders.schemas import CheckoutWanted, Destination, WithdrawalWanted
from app.orders.session import Seen, session_request
from app.products.models import Product

# Without those that look like another one, and without vowels, so that no word appears.
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
NUMBER_CHARACTERS = 12
# Stripe takes no more in a session.
LINES_MAX = 100
TOTAL_MAX_MINOR = 99_999_999
# Stripe redelivers for three days.
EVENT_DAYS = 30
# Events say it at once. This is for those that never came.
OPEN_ASKED_AFTER = timedelta(minutes=10)
PENDING_ASKED_AFTER = timedelta(hours=6)
ASKED_AT_ONCE = 20
# Held in PostgreSQL while somebody chooses the orders of which Stripe is asked; any number will do
# that stays the same and is not that of render.api.database.
RECONCILIATION_LOCK = 7_041_512_337
# Below it, the storefront's pages say how many are left.
FEW = 5


@dataclass(frozen=True)
class Basket:
    """What a cart would cost now, and the order that it has begun."""

    lines: list[carts.Line]
    destination: Destination
    total_minor: int
    order: Order | None

    @property
    def is_ordered(self) -> bool:
        """Return whether the order that has begun is for this."""
        order = self.order
        return (
            order is not None
            and (order.country, order.total_minor) == (self.destination.country, self.total_minor)
            and {(item.product_id, item.quantity, item.price_minor) for item in order.items}
            == {(line.product.id, line.quantity, line.product.price_minor) for line in self.lines}
        )


async def lock_basket(session: AsyncSession, cart_id: UUID, wanted: CheckoutWanted) -> Basket:
    """Take the cart for this transaction; refuse what the customer has not seen."""
    if not await carts.lock(session, cart_id):
        raise HTTPException(409, "The cart is empty.")
    # First: if it is paid meanwhile, its lines are gone.
    order = await open_order(session, cart_id)
    lines = [line for line in await carts.lines(session, cart_id) if line.is_available]
    destination = DESTINATIONS.get(wanted.country)
    if not lines:
        raise HTTPException(409, "The cart is empty.")
    if destination is None:
        raise HTTPException(409, "The store does not deliver to this country.")
    if lines[0].product.currency != CURRENCY or len(lines) > LINES_MAX:
        raise HTTPException(409, "The store can't deliver this cart.")
    for line in lines:
        if line.stock is not None and line.quantity > line.stock:
            raise HTTPException(409, f"Only {line.stock} are left of {line.product.name}.")
    goods = sum(line.quantity * line.product.price_minor for line in lines)
    total = goods + destination.rate_minor
    if total != wanted.total_minor:
        raise HTTPException(409, "The total has changed.")
    if total > TOTAL_MAX_MINOR:
        raise HTTPException(409, "The store can't take an order of this size.")
    return Basket(lines, destination, total, order)


async def open_order(session: AsyncSession, cart_id: UUID) -> Order | None:
    query = select(Order).where(Order.cart_id == cart_id, Order.status == "open")
    order: Order | None = await session.scalar(query)
    return order


async def place(session: AsyncSession, cart_id: UUID, basket: Basket, origin: str) -> Order:
    """Write the order of a locked cart, and take its pieces from the stock."""
    order = Order(
        id=uuid4(),
        number=_new_number(),
        cart_id=cart_id,
        country=basket.destination.country,
        currency=CURRENCY,
        shipping_minor=basket.destination.rate_minor,
        total_minor=basket.total_minor,
        items=[],
    )
    for line in basket.lines:
        item = OrderItem(
            product_id=line.product.id,
            slug=line.product.slug,
            name=line.product.name,
            image=line.product.image,
            quantity=line.quantity,
            price_minor=line.product.price_minor,
            counted=line.stock is not None,
        )
        order.items.append(item)
    order.request = dict(session_request(order, basket.destination, origin))
    session.add(order)
    await session.flush()
    # Last, because everybody who wants the same waits until this transaction ends.
    for line in sorted(basket.lines, key=lambda line: line.product.id):
        await _take(session, line)
    return order


async def _take(session: AsyncSession, line: carts.Line) -> None:
    stock = Product.stock
    taken = (
        update(Product)
        .where(
            Product.id == line.product.id,
            Product.active,
            Product.price_minor == line.product.price_minor,
            stock.is_(None) if line.stock is None else stock >= line.quantity,
        )
        # Nothing that the catalogue says of it has changed.
        .values(stock=stock - line.quantity, updated_at=Product.updated_at)
    )
    if await session.scalar(taken.returning(Product.id)) is None:
        raise HTTPException(409, f"{line.product.name} has changed, or is sold out.")


async def note(
    session: AsyncSession, order_id: UUID, seen: Seen | None, *, livemode: bool
) -> Order | None:
    """Bring an order to what Stripe says of it, and return it if its status has changed.

    Answers may come out of their order: what was said earlier changes nothing later.
    """
    order = await session.get_one(Order, order_id, with_for_update=True)
    before = order.status
    if seen:
        await _note_session(session, order, seen, livemode)
    elif order.session_id:
        order.status = "review"
        order.problem = "Stripe's account does not have its session; its pieces are still taken."
    elif order.status == "open":
        await _release(session, order)
    return order if order.status != before else None


async def _note_session(session: AsyncSession, order: Order, seen: Seen, livemode: bool) -> None:
    order.session_id, order.request = seen.session_id, None
    payable = {"open", "pending"} | ({"expired"} if seen.outcome == "paid" else set())
    if seen.outcome in {"pending", "paid"} and order.status in payable:
        await _note_payment(session, order, seen, livemode)
    elif seen.outcome == "expired" and order.status in {"open", "pending"}:
        await _release(session, order)
    if seen.outcome == "paid":
        order.refunded_minor = max(order.refunded_minor, seen.refunded_minor)
        if order.refunded_minor >= order.total_minor > 0:
            order.status = "refunded"


async def _release(session: AsyncSession, order: Order) -> None:
    """Put the pieces of a locked order back: Stripe has said that nobody will pay it."""
    order.status = "expired"
    for item in order.items:
        if item.counted:
            stock = Product.stock + item.quantity
            statement = update(Product).where(Product.id == item.product_id)
            await session.execute(statement.values(stock=stock, updated_at=Product.updated_at))


async def _note_payment(session: AsyncSession, order: Order, seen: Seen, livemode: bool) -> None:
    if order.ordered_at is None:
        order.ordered_at = func.now()
        order.email, order.name, order.address = seen.email, seen.name, seen.address
        await _empty_cart(session, order)
    order.payment_id = seen.payment_id
    wanted = (order.total_minor, order.currency.lower(), order.id.hex, livemode)
    if (seen.total_minor, seen.currency, seen.reference, seen.livemode) != wanted:
        order.status, order.problem = "review", "Stripe's session is not the one of this order."
    elif order.status == "expired":
        order.status, order.problem = "review", "It was paid after its pieces had been released."
    else:
        order.status = "paid" if seen.outcome == "paid" else "pending"


async def _empty_cart(session: AsyncSession, order: Order) -> None:
    bought = and_(
        CartItem.cart_id == order.cart_id,
        OrderItem.order_id == order.id,
        OrderItem.product_id == CartItem.product_id,
        # More of it was wanted after the order.
        OrderItem.quantity >= CartItem.quantity,
    )
    await session.execute(delete(CartItem).where(bought))


async def nearly_sold_out(session: AsyncSession, order_id: UUID) -> list[str]:
    """Return products of whose pieces the shop says how many are left, or none."""
    query = (
        select(Product.slug)
        .join(OrderItem, OrderItem.product_id == Product.id)
        .where(OrderItem.order_id == order_id, OrderItem.counted)
        .where(Product.stock < OrderItem.quantity + FEW)
    )
    return list(await session.scalars(query))


async def is_news(session: AsyncSession, order_id: UUID, event_id: str) -> bool:
    """Return whether an event is of an order of this store, and was not taken before."""
    order, taken = await session.get(Order, order_id), await session.get(StripeEvent, event_id)
    return order is not None and taken is None


async def take(session: AsyncSession, event_id: str) -> None:
    """Remember that an event is taken."""
    old = StripeEvent.received_at < func.now() - timedelta(days=EVENT_DAYS)
    await session.execute(delete(StripeEvent).where(old))
    await session.execute(insert(StripeEvent).values(id=event_id).on_conflict_do_nothing())


async def claim(session: AsyncSession) -> list[UUID]:
    """Return orders of which Stripe is to be asked, for whoever is the first to ask.

    The lock lasts as long as the transaction, because a connection pool in front of PostgreSQL
    lends a connection to many; the orders are claimed by the time that is written.
    """
    lock = func.pg_try_advisory_xact_lock(RECONCILIATION_LOCK)
    if not await session.scalar(select(lock)):
        return []
    asked = func.coalesce(Order.asked_at, Order.created_at)
    due = (
        select(Order.id)
        .where(
            or_(
                and_(Order.status == "open", asked < func.now() - OPEN_ASKED_AFTER),
                and_(Order.status == "pending", asked < func.now() - PENDING_ASKED_AFTER),
            )
        )
        .order_by(asked)
        .limit(ASKED_AT_ONCE)
        .cte()
    )
    claimed = update(Order).where(Order.id.in_(select(due.c.id))).values(asked_at=func.now())
    return list(await session.scalars(claimed.returning(Order.id)))


async def withdraw(session: AsyncSession, wanted: WithdrawalWanted) -> Withdrawal:
    """Write a withdrawal down, and note it on its order if there is one."""
    number = _grouped("".join(filter(ALPHABET.__contains__, wanted.number.upper())))
    query = select(Order).where(Order.number == number, Order.ordered_at.is_not(None))
    order = await session.scalar(query.with_for_update())
    withdrawal = Withdrawal(**wanted.model_dump(), order_id=order.id if order else None)
    session.add(withdrawal)
    if order and order.withdrawn_at is None:
        order.withdrawn_at = func.now()
    await session.flush()
    await session.refresh(withdrawal)
    return withdrawal


def _new_number() -> str:
    return _grouped("".join(secrets.choice(ALPHABET) for _ in range(NUMBER_CHARACTERS)))


def _grouped(characters: str) -> str:
    return "-".join(characters[at : at + 4] for at in range(0, len(characters), 4))
