"""Products in PostgreSQL."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from operator import gt, lt
from typing import Any
from uuid import UUID

from sqlalchemy import REAL, ColumnElement, Function, Select, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from app.products.models import Product, ProductWords
from app.products.schemas import Category, Order, ProductQuery

# What the rows of a list are ordered by: when it was created and its id, and before them, in a
# search how well the product fits, in a list by price the price.
Place = tuple[Any, ...]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Microseconds, id, and what is before them. How well a product fits is PostgreSQL's real.
FORMS = {"best": "!q16sf", "newest": "!q16s", "price": "!q16sq", "-price": "!q16sq"}
# Nobody reads on so far, and to count a whole catalogue for each word would take long.
COUNTED_MAX = 1000


def encode(place: Place, order: Order) -> str:
    """Return a cursor: opaque to clients, exact to the microsecond."""
    *first, at, product_id = place
    raw = struct.pack(FORMS[order], (at - EPOCH) // MICROSECOND, product_id.bytes, *first)
    return urlsafe_b64encode(raw).decode()


def decode(cursor: str, order: Order) -> Place:
    """Read what `encode` gave; anything else is a ValueError."""
    raw = urlsafe_b64decode(cursor.encode("ascii"))
    try:
        moment, key, *first = struct.unpack(FORMS[order], raw)
        return (*first, EPOCH + moment * MICROSECOND, UUID(bytes=key))
    except (OverflowError, struct.error) as error:
        raise ValueError(cursor) from error


async def read(session: AsyncSession, slug: str) -> Product | None:
    """Return an active product."""
    product: Product | None = await session.scalar(_active().where(Product.slug == slug))
    return product


async def page(
    session: AsyncSession, wanted: ProductQuery, position: Place | None
) -> tuple[list[Product], Place | None, int]:
    """Return products after a position, the next position if there are more, and how many fit.

    With words, only products that have all of them, in any order.
    """
    fitting = _fitting(wanted)
    first = {"best": [_rank(wanted.q)], "newest": []}.get(wanted.order, [Product.price_minor])
    place: list[Any] = [*first, Product.created_at, Product.id]
    query = fitting.add_columns(*place)
    rises = wanted.order == "price"
    if position:
        after = gt if rises else lt
        query = query.where(after(tuple_(*place), position))
    query = query.order_by(*(column.asc() if rises else column.desc() for column in place))
    found = (await session.execute(query.limit(wanted.limit + 1))).all()
    items = [row[0] for row in found[: wanted.limit]]
    following = tuple(found[wanted.limit - 1][1:]) if len(found) > wanted.limit else None
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


def _fitting(wanted: ProductQuery) -> Select[Any]:
    query = _active()
    if wanted.q:
        begun = _words(wanted.q, ":*")
        query = query.join(ProductWords).where(ProductWords.words.bool_op("@@")(begun))
    if wanted.category is not None:
        query = query.where(Product.category == wanted.category)
    if wanted.material is not None:
        query = query.where(Product.materials.contains([wanted.material]))
    if wanted.price_min is not None:
        query = query.where(Product.price_minor >= wanted.price_min)
    if wanted.price_max is not None:
        query = query.where(Product.price_minor <= wanted.price_max)
    if wanted.in_stock:
        query = query.where(or_(Product.stock.is_(None), Product.stock > 0))
    return query


def _rank(words: str) -> ColumnElement[float]:
    begun, whole = (
        func.ts_rank(ProductWords.words, _words(words, ending), type_=REAL) for ending in (":*", "")
    )
    return begun + whole


def _words(words: str, ending: str) -> Function[str]:
    return func.product_query(words, ending, type_=TSQUERY)


def _active() -> Select[Any]:
    return select(Product).where(Product.active)
