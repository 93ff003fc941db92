"""The catalogue that everybody may read."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import Select, or_, select, tuple_

from app import db
from app.cache import Cache
from app.models import Product

router = APIRouter(prefix="/products", tags=["catalogue"])

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def _without_nul(text: str) -> str:
    # PostgreSQL cannot store it.
    if "\x00" in text:
        raise ValueError("it must not contain the character NUL")
    return text


NoNul = AfterValidator(_without_nul)


class ProductView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    slug: str
    name: str
    description: str
    price_minor: int
    currency: str
    image: str | None = Field(
        description="A Cloudinary public id, or a path of the storefront if it begins with a slash"
    )
    active: bool
    created_at: datetime
    updated_at: datetime


class ProductPage(BaseModel):
    items: list[ProductView]
    next_cursor: str | None


@router.get("", response_model=ProductPage)
async def list_products(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=100)] = 24,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    q: Annotated[
        str, Query(max_length=100, description="Part of a name or description"), NoNul
    ] = "",
) -> Response:
    position = _position(cursor)
    words = " ".join(q.casefold().split())

    async def build() -> bytes:
        page = await _page(request.state.sessions, limit, position, words)
        return page.model_dump_json().encode()

    # Not by dependencies, which would cost as much as the look-up.
    catalogue: Cache = request.state.catalogue
    body = await catalogue.get(json.dumps(["page", limit, cursor, words]), build)
    return Response(body, media_type="application/json")


@router.get("/{slug}", response_model=ProductView)
async def read_product(
    request: Request, slug: Annotated[str, Path(max_length=200), NoNul]
) -> Response:
    async def build() -> bytes | None:
        async with request.state.sessions() as session:
            product = await session.scalar(_active().where(Product.slug == slug))
        return ProductView.model_validate(product).model_dump_json().encode() if product else None

    catalogue: Cache = request.state.catalogue
    body = await catalogue.get(json.dumps(["product", slug]), build)
    if body is None:
        raise HTTPException(404, "There is no such product.")
    return Response(body, media_type="application/json")


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


def _position(cursor: str | None) -> Cursor | None:
    try:
        return Cursor.decode(cursor) if cursor else None
    except ValueError:
        raise HTTPException(400, "The cursor is not one that this API gave.") from None


async def _page(
    sessions: db.Sessions, limit: int, position: Cursor | None, words: str
) -> ProductPage:
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
    async with sessions() as session:
        found = list(await session.scalars(query))
    items = [ProductView.model_validate(product) for product in found[:limit]]
    more = len(found) > limit
    return ProductPage(
        items=items,
        next_cursor=Cursor(items[-1].created_at, items[-1].id).encode() if more else None,
    )


def _active() -> Select[Product]:
    return select(Product).where(Product.active)
