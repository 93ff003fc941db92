"""The cookie that ties a browser to its cart."""

import re
import secrets
from uuid import UUID

from fastapi import Request, Response

from app.settings import Settings

# Browsers forget cookies after 400 days at the latest.
LIFETIME = 90 * 24 * 3600
CART_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


def new_id() -> UUID:
    # Not uuid4, of whose bits six are fixed: whoever guesses the id holds the cart.
    return UUID(bytes=secrets.token_bytes(16))


def read(request: Request, settings: Settings) -> UUID | None:
    value = request.cookies.get(_name(settings), "")
    return UUID(value) if CART_ID.fullmatch(value) else None


def write(response: Response, settings: Settings, cart_id: UUID) -> None:
    response.set_cookie(
        _name(settings),
        cart_id.hex,
        max_age=LIFETIME,
        path="/",
        secure=settings.environment != "local",
        httponly=True,
        samesite="lax",
    )


def _name(settings: Settings) -> str:
    # Browsers take the prefix over https only, which a laptop does without.
    return "cart" if settings.environment == "local" else "__Host-cart"
