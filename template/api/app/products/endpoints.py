"""The catalogue: everybody reads it, the admin changes it."""

import json
from contextlib import nullcontext
from dataclasses import astuple
from typing import Annotated, Literal

from fastapi import (
    APIRouter,
    BackgroundTasks,
    Depends,
    HTTPException,
    Path,
    Query,
    Request,
    Response,
)
from pydantic import TypeAdapter
from render.api.cache import Cache
from render.api.service import Catalogue, Http, Sessions
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.dependencies import CurrentSettings, require_admin
from app.products import repository
from app.products.models import Product
from app.products.repository import Cursor, Sort, Wanted
from app.products.schemas import (
    Category,
    NewProduct,
    NoNul,
    ProductChange,
    ProductPage,
    ProductView,
)
from app.products.storefront import refresh_product

CATEGORIES = TypeAdapter(list[Category])
LISTED = 200
Word = Annotated[str | None, Query(min_length=1, max_length=100), NoNul]
Price = Annotated[int | None, Query(ge=0, le=100_000_000)]

router = APIRouter(tags=["catalogue"])
admin = APIRouter(prefix="/admin/products", tags=["admin"], dependencies=[Depends(require_admin)])


@router.get("/products", response_model=ProductPage)
async def list_products(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=100)] = 24,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    q: Annotated[
        str, Query(max_length=100, description="Words, or beginnings of words"), NoNul
    ] = "",
    category: Word = None,
    material: Word = None,
    price_min: Price = None,
    price_max: Price = None,
    in_stock: bool = False,
    sort: Annotated[
        Literal["newest", "price", "-price"] | None,
        Query(description="By default the newest first, and in a search the best match"),
    ] = None,
) -> Response:
    # Sorted, because their order does not change the answer.
    words = " ".join(sorted(set(q.casefold().split())))
    order: Sort = sort or ("best" if words else "newest")
    wanted = Wanted(words, category, material, price_min, price_max, in_stock)
    position = _position(cursor, order)
    turn = request.state.search_turn if words else nullcontext()

    async def build() -> bytes:
        async with turn, request.state.sessions() as session:
            products, following, total = await repository.page(
                session, limit, position, wanted, order
            )
        page = ProductPage(
            items=[ProductView.model_validate(product) for product in products],
            next_cursor=following.encode() if following else None,
            total=total,
        )
        return page.model_dump_json().encode()

    # Not by dependencies, which would cost as much as the look-up.
    catalogue: Cache = request.state.catalogue
    name = json.dumps(["page", limit, cursor, order, *astuple(wanted)])
    body = await catalogue.get(name, build, rare=wanted != Wanted())
    return Response(body, media_type="application/json")


@router.get("/categories", response_model=list[Category])
async def list_categories(request: Request) -> Response:
    async def build() -> bytes:
        async with request.state.sessions() as session:
            return CATEGORIES.dump_json(await repository.categories(session))

    catalogue: Cache = request.state.catalogue
    body = await catalogue.get(json.dumps(["categories"]), build)
    return Response(body, media_type="application/json")


@router.get("/products/{slug}", response_model=ProductView)
async def read_product(
    request: Request, slug: Annotated[str, Path(max_length=200), NoNul]
) -> Response:
    async def build() -> bytes | None:
        async with request.state.sessions() as session:
            product = await repository.read(session, slug)
        return ProductView.model_validate(product).model_dump_json().encode() if product else None

    catalogue: Cache = request.state.catalogue
    body = await catalogue.get(json.dumps(["product", slug]), build)
    if body is None:
        raise HTTPException(404, "There is no such product.")
    return Response(body, media_type="application/json")


def _position(cursor: str | None, sort: Sort) -> Cursor | None:
    try:
        return Cursor.decode(cursor, sort) if cursor else None
    except ValueError:
        raise HTTPException(400, "The cursor is not one that this API gave.") from None


class Refresh:
    def __init__(self, background: BackgroundTasks, settings: CurrentSettings, http: Http) -> None:
        self._background, self._settings, self._http = background, settings, http

    def later(self, slug: str) -> None:
        self._background.add_task(refresh_product, self._http, self._settings, slug)


@admin.get("")
async def list_all_products(
    sessions: Sessions, after: Annotated[str, Query(max_length=200), NoNul] = ""
) -> list[ProductView]:
    """Return products that are sold and that are not, by slug, from the one after a slug on."""
    query = select(Product).where(Product.slug > after).order_by(Product.slug).limit(LISTED)
    async with sessions() as session:
        return [ProductView.model_validate(product) for product in await session.scalars(query)]


@admin.post("", status_code=201)
async def create_product(
    new: NewProduct,
    response: Response,
    sessions: Sessions,
    catalogue: Catalogue,
    refresh: Annotated[Refresh, Depends(Refresh)],
) -> ProductView:
    statement = insert(Product).values(new.model_dump()).on_conflict_do_nothing()
    async with sessions.begin() as session:
        product = await session.scalar(statement.returning(Product))
        if product is None:
            raise HTTPException(409, "There is a product with this slug.")
    await catalogue.invalidate()
    refresh.later(product.slug)
    response.headers["Location"] = f"/products/{product.slug}"
    return ProductView.model_validate(product)


@admin.put("/{slug}")
async def replace_product(
    slug: Annotated[str, Path(max_length=200), NoNul],
    change: ProductChange,
    sessions: Sessions,
    catalogue: Catalogue,
    refresh: Annotated[Refresh, Depends(Refresh)],
) -> ProductView:
    """Change what is given. So an import that leaves the stock out takes no sale back."""
    async with sessions.begin() as session:
        query = select(Product).where(Product.slug == slug).with_for_update()
        product = await session.scalar(query)
        if product is None:
            raise HTTPException(404, "There is no such product.")
        if product.currency != change.currency:
            # Carts that hold it would have two currencies.
            raise HTTPException(409, "A product keeps its currency: create another product.")
        values = change.model_dump()
        for name in change.model_fields_set:
            setattr(product, name, values[name])
        await session.flush()
        await session.refresh(product)
    await catalogue.invalidate()
    refresh.later(product.slug)
    return ProductView.model_validate(product)
