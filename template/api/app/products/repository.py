"""Products in PostgreSQL."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import gt, lt
from typing import Any, Literal, Self
from uuid import UUID

from sqlalchemy import REAL, ColumnElement, Function, Select, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from app.products.models import Product, ProductWords
from app.products.schemas import Category

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Microseconds and id; before them, in a search how well the product fits, as PostgreSQL's real, and
# in a list by price the price. Their lengths tell them apart.
PLACE, RANKED_PLACE, PRICED_PLACE = (struct.Struct(f"!q16s{first}") for first in ("", "f", "q"))
# Nobody reads on so far, and to count a whole catalogue for each word would take long.
COUNTED_MAX = 1000

Sort = Literal["best", "newest", "price", "-price"]


@dataclass(frozen=True)
class Cursor:
    """The place in a list after one of its rows: opaque to clients, exact to the microsecond."""

    at: datetime
    id: UUID
    first: float | None = None

    def encode(self) -> str:
        place = (self.at - EPOCH) // MICROSECOND, self.id.bytes
        if self.first is None:
            raw = PLACE.pack(*place)
        else:
            # A price is an integer, a rank is not.
            form = PRICED_PLACE if isinstance(self.first, int) else RANKED_PLACE
            raw = form.pack(*place, self.first)
        return urlsafe_b64encode(raw).decode()

    def values(self) -> tuple[Any, ...]:
        """Return what the rows of the list are ordered by."""
        place = self.at, self.id
        return place if self.first is None else (self.first, *place)

    @classmethod
    def decode(cls, text: str, sort: Sort) -> Self:
        """Read what `encode` gave; anything else is a ValueError."""
        forms = {"best": RANKED_PLACE, "newest": PLACE}
        raw = urlsafe_b64decode(text.encode("ascii"))
        try:
            moment, key, *first = forms.get(sort, PRICED_PLACE).unpack(raw)
            return cls(EPOCH + moment * MICROSECOND, UUID(bytes=key), *first)
        except (OverflowError, struct.error) as error:
            raise ValueError(text) from error


@dataclass(frozen=True)
class Wanted:
    """What a list is about: products that fit everything that is given."""

    words: str = ""
    category: str | None = None
    material: str | None = None
    price_min: int | None = None
    price_max: int | None = None
    in_stock: bool = False

    def query(self) -> Select[Any]:
        query = _active()
        if self.words:
            begun = _words(self.words, ":*")
            query = query.join(ProductWords).where(ProductWords.words.bool_op("@@")(begun))
        if self.category is not None:
            query = query.where(Product.category == self.category)
        if self.material is not None:
            query = query.where(Product.materials.contains([self.material]))
        if self.price_min is not None:
            query = query.where(Product.price_minor >= self.price_min)
        if self.price_max is not None:
            query = query.where(Product.price_minor <= self.price_max)
        if self.in_stock:
            query = query.where(or_(Product.stock.is_(None), Product.stock > 0))
        return query


async def read(session: AsyncSession, slug: str) -> Product | None:
    """Return an active product."""
    product: Product | None = await session.scalar(_active().where(Product.slug == slug))
    return product


async def page(
    session: AsyncSession, limit: int, position: Cursor | None, wanted: Wanted, sort: Sort
) -> tuple[list[Product], Cursor | None, int]:
    """Return products after a position, the next position if there are more, and how many fit.

    With words, only products that have all of them, in any order.
    """
    fitting = query = wanted.query()
    order: list[Any] = [Product.created_at, Product.id]
    if sort == "best":
        rank = _rank(wanted.words)
        query, order = query.add_columns(rank), [rank, *order]
    elif sort in {"price", "-price"}:
        query, order = query.add_columns(Product.price_minor), [Product.price_minor, *order]
    rises = sort == "price"
    if position:
        after = gt if rises else lt
        query = query.where(after(tuple_(*order), position.values()))
    order = [column.asc() if rises else column.desc() for column in order]
    found = (await session.execute(query.order_by(*order).limit(limit + 1))).all()
    items = [row[0] for row in found[:limit]]
    if len(found) <= limit:
        following = None
    else:
        last, *first = found[limit - 1]
        following = Cursor(last.created_at, last.id, *first)
    if not position and not following:
        return items, None, len(items)
    counted = fitting.with_only_columns(Product.id).limit(COUNTED_MAX).subquery()
    total = await session.scalar(select(func.count()).select_from(counted))
    return items, following, total or 0


async def categories(session: AsyncSession) -> list[Category]:
    """Return the categories of active products, by name; each keeps its picture as it grows."""
    oldest = (
        _active()
        .with_only_columns(Product.category, Product.image)
        .where(Product.category.is_not(None))
        .ext(distinct_on(Product.category))
        .order_by(Product.category, Product.image.is_(None), Product.created_at, Product.id)
    )
    used = select(Product.category, func.unnest(Product.materials)).where(Product.active).distinct()
    materials: dict[str | None, list[str]] = {}
    for category, material in await session.execute(used):
        materials.setdefault(category, []).append(material)
    return [
        Category(name=name, image=image, materials=sorted(materials.get(name, [])))
        for name, image in await session.execute(oldest)
    ]


def _rank(words: str) -> ColumnElement[float]:
    begun, whole = (
        func.ts_rank(ProductWords.words, _words(words, ending), type_=REAL) for ending in (":*", "")
    )
    return begun + whole


def _words(words: str, ending: str) -> Function[str]:
    return func.product_query(words, ending, type_=TSQUERY)


def _active() -> Select[Any]:
    return select(Product).where(Product.active)
