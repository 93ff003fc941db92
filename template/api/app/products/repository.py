"""Products in PostgreSQL."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from sqlalchemy import REAL, Function, Select, func, select, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession

from app.products.models import Product, ProductWords

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Microseconds and id; in a search also how well the product fits, as PostgreSQL's real.
PLACE, RANKED_PLACE = struct.Struct("!q16s"), struct.Struct("!q16sf")


@dataclass(frozen=True)
class Cursor:
    """The place in a list after one of its rows: opaque to clients, exact to the microsecond."""

    at: datetime
    id: UUID
    rank: float | None = None

    def encode(self) -> str:
        place = (self.at - EPOCH) // MICROSECOND, self.id.bytes
        raw = PLACE.pack(*place) if self.rank is None else RANKED_PLACE.pack(*place, self.rank)
        return urlsafe_b64encode(raw).decode()

    def values(self) -> tuple[Any, ...]:
        """Return what the rows of the list are ordered by."""
        place = self.at, self.id
        return place if self.rank is None else (self.rank, *place)

    @classmethod
    def decode(cls, text: str, *, ranked: bool) -> Self:
        """Read what `encode` gave; anything else is a ValueError."""
        raw = urlsafe_b64decode(text.encode("ascii"))
        try:
            moment, key, *rank = (RANKED_PLACE if ranked else PLACE).unpack(raw)
            return cls(EPOCH + moment * MICROSECOND, UUID(bytes=key), *rank)
        except (OverflowError, struct.error) as error:
            raise ValueError(text) from error


async def read(session: AsyncSession, slug: str) -> Product | None:
    """Return an active product."""
    product: Product | None = await session.scalar(_active().where(Product.slug == slug))
    return product


async def page(
    session: AsyncSession, limit: int, position: Cursor | None, words: str
) -> tuple[list[Product], Cursor | None]:
    """Return the newest active products after a position, and the next position if there are more.

    With words, only products that have all of them, in any order, and the best match first.
    """
    query: Select[Any] = _active()
    order: list[Any] = [Product.created_at, Product.id]
    if words:
        found_by, whole, begun = ProductWords.words, _words(words, ""), _words(words, ":*")
        rank = func.ts_rank(found_by, begun, type_=REAL) + func.ts_rank(found_by, whole, type_=REAL)
        query = query.join(ProductWords).where(found_by.bool_op("@@")(begun)).add_columns(rank)
        order = [rank, *order]
    if position:
        query = query.where(tuple_(*order) < position.values())
    query = query.order_by(*(column.desc() for column in order)).limit(limit + 1)
    found = (await session.execute(query)).all()
    items = [row[0] for row in found[:limit]]
    if len(found) <= limit:
        return items, None
    last, *ranked = found[limit - 1]
    return items, Cursor(last.created_at, last.id, *ranked)


def _words(words: str, ending: str) -> Function[str]:
    return func.product_query(words, ending, type_=TSQUERY)


def _active() -> Select[Product]:
    return select(Product).where(Product.active)
