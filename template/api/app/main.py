import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from fastapi import FastAPI
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app import health
from app.db import create_engine
from app.settings import Settings, load_settings


class State(TypedDict):
    database: AsyncEngine
    cache: Redis


def create_app(settings: Settings) -> FastAPI:
    _configure_logging(settings.log_level)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        # Neither opens a connection yet: the API starts, and says so, while one of them is down.
        engine = create_engine(settings)
        cache = Redis.from_url(settings.cache_url.get_secret_value())
        try:
            yield {"database": engine, "cache": cache}
        finally:
            await cache.aclose()
            await engine.dispose()

    app = FastAPI(
        title="Store API",
        lifespan=lifespan,
        # The storefront publishes every path of the API, and these are for its developers.
        openapi_url="/openapi.json" if settings.environment == "local" else None,
    )
    app.include_router(health.router)
    return app


def _configure_logging(log_level: str) -> None:
    level = log_level.upper()
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    # uvicorn has set its own loggers to info by now.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).setLevel(level)


app = create_app(load_settings())
