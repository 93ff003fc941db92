"""The catalogue: everybody reads it, the admin changes it."""

import json
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from typing import Annotated, Any

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
from render.api.service import Catalogue, Sessions, Storefront
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.dependencies import require_admin
from app.products import repository
from app.products.models import Product
from app.products.repository import Place
from app.products.schemas import (
    Category,
    NewProduct,
    NoNul,
    ProductChange,
    ProductPage,
    ProductQuery,
    ProductView,
)

CATEGORIES = TypeAdapter(list[Category])
LISTED = 200
SlugInPath = Annotated[str, Path(max_length=200), NoNul]

router = APIRouter(tags=["catalogue"])
admin = APIRouter(prefix="/admin/products", tags=["admin"], dependencies=[Depends(require_admin)])


@router.get("/products", response_model=ProductPage)
async def list_products(request: Request, wanted: Annotated[ProductQuery, Query()]) -> Response:
    position = _position(wanted)
    turn = request.state.search_turn if wanted.q else nullcontext()

    async def build() -> bytes:
        async with turn, request.state.sessions() as session:
            products, following, total = await repository.page(session, wanted, position)
        page = ProductPage(
            items=[ProductView.model_validate(product) for product in products],
            next_cursor=repository.encode(following, wanted.order) if following else None,
            total=total,
        )
        return page.model_dump_json().encode()

    filters = wanted.model_dump(exclude={"limit", "cursor", "sort"}, exclude_defaults=True)
    name = ["page", wanted.limit, wanted.cursor, wanted.order, filters]
    return await _cached(request, name, build, rare=bool(filters))


@router.get("/categories", response_model=list[Category])
async def list_categories(request: Request) -> Response:
    async def build() -> bytes:
        async with request.state.sessions() as session:
            return CATEGORIES.dump_json(await repository.categories(session))

    return await _cached(request, ["categories"], build)


@router.get("/products/{slug}", response_model=ProductView)
async def read_product(request: Request, slug: SlugInPath) -> Response:
    async def build() -> bytes | None:
        async with request.state.sessions() as session:
            product = await repository.read(session, slug)
        return ProductView.model_validate(product).model_dump_json().encode() if product else None

    return await _cached(request, ["product", slug], build)


async def _cached(
    request: Request,
    name: list[Any],
    build: Callable[[], Coroutine[Any, Any, bytes | None]],
    *,
    rare: bool = False,
) -> Response:
    # Not by dependencies, which would cost as much as the look-up.
    catalogue: Cache = request.state.catalogue
    body = await catalogue.get(json.dumps(name), build, rare=rare)
    if body is None:
        raise HTTPException(404, "There is no such product.")
    return Response(body, media_type="application/json")


def _position(wanted: ProductQuery) -> Place | None:
    try:
        return repository.decode(wanted.cursor, wanted.order) if wanted.cursor else None
    except ValueError:
        raise HTTPException(400, "The cursor is not one that this API gave.") from None


class Publish:
    """Shows a change: at once in the cache, and afterwards on the storefront's pages."""

    def __init__(
        self, background: BackgroundTasks, catalogue: Catalogue, storefront: Storefront
    ) -> None:
        self._background, self._catalogue, self._storefront = background, catalogue, storefront

    async def __call__(self, product: Product) -> ProductView:
        await self._catalogue.invalidate()
        self._background.add_task(self._storefront.refresh, product.slug)
        return ProductView.model_validate(product)


Published = Annotated[Publish, Depends(Publish)]


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
    publish: Published,
) -> ProductView:
    statement = insert(Product).values(new.model_dump()).on_conflict_do_nothing()
    async with sessions.begin() as session:
        product = await session.scalar(statement.returning(Product))
        if product is None:
            raise HTTPException(409, "There is a product with this slug.")
    response.headers["Location"] = f"/products/{product.slug}"
    return await publish(product)


@admin.put("/{slug}")
async def replace_product(
    slug: SlugInPath, change: ProductChange, sessions: Sessions, publish: Published
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
    return await publish(product)
