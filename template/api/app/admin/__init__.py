"""The pages at /admin: products, and what else a shop is run with. Add a view to VIEWS."""

import hmac
from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI
from render.api.limits import parts
from render.api.pages import OwnPages
from sqladmin import Admin, ModelView
from sqladmin.authentication import AuthenticationBackend
from sqlalchemy.ext.asyncio import async_sessionmaker
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from app.admin.orders import OrderAdmin, WithdrawalAdmin
from app.admin.products import ProductAdmin
from app.dependencies import is_admin
from app.settings import Settings

VIEWS: Sequence[type[ModelView]] = [ProductAdmin, OrderAdmin, WithdrawalAdmin]
HERE = Path(__file__).parent
SESSION_SECONDS = 4 * 3600

_database_sessions = async_sessionmaker()


class Login(AuthenticationBackend):
    """A cookie that says that its browser has given the token."""

    def __init__(self, settings: Settings) -> None:
        token = parts(settings.admin_token.get_secret_value())[0]
        secure = settings.environment != "local"
        super().__init__(
            # So a new token ends every session of the earlier one.
            hmac.new(token.encode(), b"sessions at /admin", "sha256").hexdigest(),
            # Browsers take the prefix over https only.
            session_cookie="__Host-admin" if secure else "admin",
            max_age=SESSION_SECONDS,
            same_site="strict",
            https_only=secure,
        )

    async def login(self, request: Request) -> bool:
        given = str((await request.form()).get("token", "")).strip()
        if not await is_admin(given, request.state.settings, request.state.limits):
            return False
        request.session["is_admin"] = True
        return True

    async def logout(self, request: Request) -> bool:
        request.session.clear()
        return False

    async def authenticate(self, request: Request) -> bool:
        # The service connects when it starts, after the views were made.
        _database_sessions.configure(bind=request.state.database)
        return "is_admin" in request.session


def install(service: FastAPI, settings: Settings) -> None:
    """Add the pages to a service."""
    images = [settings.storefront_origin] if settings.storefront_origin else []
    connect = []
    if account := settings.cloudinary:
        images.append(f"https://res.cloudinary.com/{account.cloud}/")
        connect.append(account.api)
    secure = settings.environment != "local"
    site = Admin(
        service,
        session_maker=_database_sessions,
        title="Shop",
        favicon_url="data:,",
        templates_dir=str(HERE / "templates"),
        middlewares=[Middleware(OwnPages, secure=secure, images=images, connect=connect)],
        authentication_backend=Login(settings),
    )
    for view in VIEWS:
        site.add_view(view)
    site.admin.mount("/own", StaticFiles(directory=HERE / "static"))
    service.add_route("/admin", _first_page)
    site.admin.routes.insert(0, Route("/", _first_page))


async def _first_page(_: Request) -> Response:
    return RedirectResponse(f"/admin/{VIEWS[0].identity}/list")
