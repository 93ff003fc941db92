"""The cart of the browser that asks: a cookie holds its id."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from limits import RateLimitItemPerMinute
from render.api.limits import claimed_address, counted_as
from render.api.service import Limits, Sessions

from app.cart import repository
from app.cart.repository import Line
from app.cart.schemas import Addition, CartLine, CartView, Change
from app.dependencies import CurrentSettings
from app.products.models import Product
from app.settings import Settings

# Nobody shops faster, and a whole office may share one address.
CART_CHANGES = RateLimitItemPerMinute(120, namespace="cart-changes")
NEW_CARTS = RateLimitItemPerMinute(60, namespace="new-carts")
CART_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


async def _never_stored(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


router = APIRouter(prefix="/cart", tags=["cart"], dependencies=[Depends(_never_stored)])


async def _cart_id(request: Request, settings: CurrentSettings) -> UUID | None:
    value = request.cookies.get(_cookie_name(settings), "")
    return UUID(value) if CART_ID.fullmatch(value) else None


CartId = Annotated[UUID | None, Depends(_cart_id)]


async def _limit_changes(request: Request, cart_id: CartId, limits: Limits) -> None:
    # By cart and not by address, which many share. Whoever makes an id up gets a new cart.
    if cart_id is not None:
        await limits.count(CART_CHANGES, counted_as(request, cart_id.hex))


LIMITED = [Depends(_limit_changes)]


@router.get("")
async def read_cart(cart_id: CartId, sessions: Sessions) -> CartView:
    if cart_id is None:
        return CartView()
    async with sessions() as session:
        return _view(await repository.lines(session, cart_id))


@router.post("/items", dependencies=LIMITED)
async def add_item(
    request: Request,
    addition: Addition,
    cart_id: CartId,
    response: Response,
    settings: CurrentSettings,
    limits: Limits,
    sessions: Sessions,
) -> CartView:
    async with sessions.begin() as session:
        product = await session.get(Product, addition.product_id)
        if product is None or not product.active:
            raise HTTPException(404, "There is no such product.")
        if cart_id is None or not await repository.lock(session, cart_id):
            await limits.count(NEW_CARTS, claimed_address(request))
            # Never under the id that the browser sent: someone else may have put it there.
            cart_id = await repository.create(session)
        await repository.add(session, cart_id, product, addition.quantity)
        view = _view(await repository.lines(session, cart_id))
    _set_cookie(response, settings, cart_id)
    return view


@router.patch("/items/{product_id}", dependencies=LIMITED)
async def change_item(
    product_id: UUID, change: Change, cart_id: CartId, sessions: Sessions
) -> CartView:
    async with sessions.begin() as session:
        if (
            cart_id is None
            or not await repository.lock(session, cart_id)
            or not await repository.change(session, cart_id, product_id, change.quantity)
        ):
            raise HTTPException(404, "The product is not in the cart.")
        return _view(await repository.lines(session, cart_id))


@router.delete("/items/{product_id}", dependencies=LIMITED)
async def remove_item(product_id: UUID, cart_id: CartId, sessions: Sessions) -> CartView:
    async with sessions.begin() as session:
        if cart_id is None or not await repository.lock(session, cart_id):
            return CartView()
        await repository.remove(session, cart_id, product_id)
        return _view(await repository.lines(session, cart_id))


def _cookie_name(settings: Settings) -> str:
    # Browsers take the prefix over https only, which a laptop does without.
    return "cart" if settings.environment == "local" else "__Host-cart"


def _set_cookie(response: Response, settings: Settings, cart_id: UUID) -> None:
    response.set_cookie(
        _cookie_name(settings),
        cart_id.hex,
        max_age=repository.LIFETIME_SECONDS,
        path="/",
        secure=settings.environment != "local",
        httponly=True,
        samesite="lax",
    )


def _view(lines: list[Line]) -> CartView:
    items = [
        CartLine(
            product_id=line.product.id,
            slug=line.product.slug,
            name=line.product.name,
            image=line.product.image,
            price_minor=line.product.price_minor,
            quantity=line.quantity,
            line_total_minor=line.quantity * line.product.price_minor,
            stock=line.stock,
            available=line.is_available,
        )
        for line in lines
    ]
    available = [item for item in items if item.available]
    return CartView(
        items=items,
        quantity=sum(item.quantity for item in available),
        total_minor=sum(item.line_total_minor for item in available),
        # All lines share one: the store refuses to mix them.
        currency=lines[0].product.currency if lines else None,
    )
