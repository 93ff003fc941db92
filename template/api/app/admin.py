"""The admin: who changes the catalogue, and how."""

import secrets
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Path, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.models import Product
from app.products import NoNul, ProductView
from app.rate_limits import WRONG_TOKENS, claimed_address
from app.state import Catalogue, CurrentSettings, Http, Limits, Sessions
from app.storefront import refresh_product

_bearer = HTTPBearer(auto_error=False, description="ADMIN_TOKEN")


async def require_admin(
    request: Request,
    settings: CurrentSettings,
    limits: Limits,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> None:
    given = credentials.credentials if credentials else ""
    wanted = settings.admin_token.get_secret_value()
    # As bytes: the comparison refuses strings beyond ASCII.
    if not secrets.compare_digest(given.encode(), wanted.encode()):
        # Only then: otherwise whoever claims the admin's address could lock them out.
        await limits.count(WRONG_TOKENS, claimed_address(request))
        raise HTTPException(401, "This needs the admin token.", {"WWW-Authenticate": "Bearer"})


router = APIRouter(prefix="/admin/products", tags=["admin"], dependencies=[Depends(require_admin)])


class ProductChange(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=200), NoNul]
    description: Annotated[str, Field(max_length=10_000), NoNul]
    price_minor: int = Field(ge=0, le=100_000_000, description="In the currency's smallest unit")
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    # A Cloudinary public id, or a path on the storefront.
    image: str | None = Field(
        default=None, pattern=r"^/?[\w-][\w.-]*(/[\w-][\w.-]*)*$", max_length=255
    )
    active: bool = True


class NewProduct(ProductChange):
    slug: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)


class Refresh:
    def __init__(self, background: BackgroundTasks, settings: CurrentSettings, http: Http) -> None:
        self._background, self._settings, self._http = background, settings, http

    def later(self, slug: str) -> None:
        self._background.add_task(refresh_product, self._http, self._settings, slug)


@router.post("", status_code=201)
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


@router.put("/{slug}")
async def replace_product(
    slug: Annotated[str, Path(max_length=200), NoNul],
    change: ProductChange,
    sessions: Sessions,
    catalogue: Catalogue,
    refresh: Annotated[Refresh, Depends(Refresh)],
) -> ProductView:
    async with sessions.begin() as session:
        query = select(Product).where(Product.slug == slug).with_for_update()
        product = await session.scalar(query)
        if product is None:
            raise HTTPException(404, "There is no such product.")
        if product.currency != change.currency:
            # Carts that hold it would have two currencies.
            raise HTTPException(409, "A product keeps its currency: create another product.")
        for name, value in change.model_dump().items():
            setattr(product, name, value)
        await session.flush()
        await session.refresh(product)
    await catalogue.invalidate()
    refresh.later(product.slug)
    return ProductView.model_validate(product)
