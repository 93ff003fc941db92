import asyncio
import gc
import logging
from typing import TYPE_CHECKING

from fastapi import FastAPI
from monitoring import api as monitoring
from pydantic import SecretStr
from render.api import logs
from render.api.service import create_service

from app import admin
from app.cart import endpoints as cart
from app.orders import endpoints as orders
from app.orders.reconciliation import reconcile
from app.products import endpoints as products
from app.settings import Settings, load_settings
from app.uploads import endpoints as uploads

if TYPE_CHECKING:
    from app.orders.payments import Payments

logger = logging.getLogger(__name__)


def create_app(settings: Settings) -> FastAPI:
    logs.configure(
        level=settings.log_level, release=settings.release, environment=settings.environment
    )
    monitoring.start(
        dsn=settings.sentry_dsn,
        release=settings.release,
        environment=settings.environment,
        traces_sample_rate=settings.sentry_traces_sample_rate,
    )
    payments = _payments(settings)
    service = create_service(
        title="Store API",
        routers=[products.router, cart.router, orders.router, products.admin, uploads.router],
        # One search at a time: they leave the connections to other requests.
        state={"settings": settings, "search_turn": asyncio.Lock(), "payments": payments},
        background=[reconcile] if payments else [],
        # The storefront publishes every path of the API, and these are for its developers.
        documented=settings.environment == "local",
        database_url=settings.database_url.get_secret_value(),
        database_pool_size=settings.database_pool_size,
        cache_url=settings.cache_url.get_secret_value(),
        release=settings.release,
        storefront_secret=_plain(settings.storefront_secret),
        require_storefront_secret=settings.require_storefront_secret,
        storefront_origin=settings.storefront_origin,
        revalidate_secret=_plain(settings.revalidate_secret),
    )
    admin.install(service, settings)
    return service


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _payments(settings: Settings) -> "Payments | None":
    key, secret = settings.stripe_secret_key, settings.stripe_webhook_secret
    if not (key and secret and settings.storefront_origin):
        logger.info("Checkout is off: STRIPE_SECRET_KEY is not set.")
        return None
    if settings.environment == "production" and "_test_" in key.get_secret_value():
        logger.error("STRIPE_SECRET_KEY is a test key: orders are paid without money.")
    # Imported here, because Stripe's SDK takes 25 MB.
    from app.orders.payments import Payments

    return Payments(key.get_secret_value(), secret.get_secret_value(), settings.stripe_origin)


app = create_app(load_settings())
# All of this stays. The collector would look through it again and again while requests wait.
gc.freeze()
