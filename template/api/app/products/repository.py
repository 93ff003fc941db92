"""Products in PostgreSQL."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import Select, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.products.models import Product

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Cursor:
    """The place in a list after one of its rows: opaque to clients, exact to the microsecond."""

    at: datetime
    id: UUID

    def encode(self) -> str:
        moment = ((self.at - EPOCH) // MICROSECOND).to_bytes(8, "big", signed=True)
        return urlsafe_b64encode(moment + self.id.bytes).decode()

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read what `encode` gave; anything else is a ValueError."""
        raw = urlsafe_b64decode(text.encode("ascii"))
        try:
            moment = int.from_bytes(raw[:8], "big", signed=True) * MICROSECOND
            return cls(EPOCH + moment, UUID(bytes=raw[8:]))
        except OverflowError as error:
            raise ValueError(text) from error


async def read(session: AsyncSession, slug: str) -> Product | None:
    """Return an active product."""
    product: Product | None = await session.scalar(_active().where(Product.slug == slug))
    return product


async def page(
    session: AsyncSession, limit: int, position: Cursor | None, words: str
) -> tuple[list[Product], Cursor | None]:
    """Return the newest active products after a position, and the next position if there are more.

    With words, only products whose name or description holds them, in this order.
    """
    query = _active().order_by(Product.created_at.desc(), Product.id.desc()).limit(limit + 1)
    if position:
        query = query.where(tuple_(Product.created_at, Product.id) < (position.at, position.id))
    if words:
        # Escaped, so that % and _ are looked for like any other character.
        query = query.where(
            or_(
                Product.name.icontains(words, autoescape=True),
                Product.description.icontains(words, autoescape=True),
            )
        )
    found = list(await session.scalars(query))
    items = found[:limit]
    more = len(found) > limit
    return items, Cursor(items[-1].created_at, items[-1].id) if more else None


def _active() -> Select[Product]:
    return select(Product).where(Product.active)
