import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from httpx2 import AsyncClient
from monitoring import api as monitoring
from sqlalchemy.ext.asyncio import async_sessionmaker

from app import admin, cart, cloudinary, health, key_value, logs, problems, products
from app.cache import Cache
from app.db import create_engine
from app.rate_limits import RateLimits
from app.request_limits import BodyLimit, TimeLimit
from app.settings import Settings, load_settings
from app.state import State


def create_app(settings: Settings) -> FastAPI:
    logs.configure(settings)
    monitoring.start(
        dsn=settings.sentry_dsn,
        release=settings.release,
        environment=settings.environment,
        traces_sample_rate=settings.sentry_traces_sample_rate,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        # None opens a connection yet: the API starts, and says so, while one of them is down.
        engine = create_engine(settings)
        redis, breaker = key_value.connect(settings), key_value.Breaker()
        async with AsyncClient(timeout=2) as http:
            try:
                yield {
                    "settings": settings,
                    "database": engine,
                    "sessions": async_sessionmaker(engine, expire_on_commit=False),
                    "cache": redis,
                    "catalogue": Cache(redis, breaker, settings.release),
                    "limits": RateLimits(redis, breaker),
                    "http": http,
                }
            finally:
                await redis.aclose()
                await engine.dispose()

    app = StoreApi(
        title="Store API",
        lifespan=lifespan,
        redirect_slashes=False,
        responses=problems.RESPONSES,
        # The storefront publishes every path of the API, and these are for its developers.
        openapi_url="/openapi.json" if settings.environment == "local" else None,
    )
    problems.install(app)
    app.add_middleware(TimeLimit)
    app.add_middleware(BodyLimit)
    app.add_middleware(logs.RequestLog)
    for module in (health, products, cart, admin, cloudinary):
        app.include_router(module.router)
    return app


class StoreApi(FastAPI):
    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        # FastAPI would describe it as application/json, which it isn't.
        document["components"]["schemas"] |= problems.schemas()
        return document


app = create_app(load_settings())
# All of this stays. The collector would look through it again and again while requests wait.
gc.freeze()
