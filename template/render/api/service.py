"""The application around a shop's endpoints, with all that it needs to run safely.

A release that adds protection adds it here, so that an update brings it.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Annotated, Any, TypedDict

from fastapi import APIRouter, Depends, FastAPI, Request
from httpx2 import AsyncClient, ReadTimeout, Response, create_ssl_context
from httpx2 import Request as HttpRequest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from . import health, key_value, limits, logs, problems
from .cache import Cache
from .database import create_engine

# For each step of a call, and for the whole of it.
HTTP_STEP_SECONDS = 2
HTTP_SECONDS = 5
# For the goodbye to PostgreSQL and to Key Value.
CLOSE_SECONDS = 5


class Connections(TypedDict):
    """What the process holds for all requests, as `request.state` has it."""

    database: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    cache: Redis
    catalogue: Cache
    limits: limits.RateLimits
    http: AsyncClient


@cache
def _certificates() -> ssl.SSLContext:
    """Return the certificates that are trusted; tests start many applications in one process."""
    return create_ssl_context()


@asynccontextmanager
async def connections(
    *, database_url: str, database_pool_size: int, cache_url: str, release: str
) -> AsyncIterator[Connections]:
    """Return what a process needs; nothing is connected before it is used.

    So the API starts, and says so, while something that it needs is down.
    """
    engine = create_engine(database_url, database_pool_size)
    redis = key_value.connect(cache_url)
    breaker = key_value.Breaker(redis)
    async with _Client(timeout=HTTP_STEP_SECONDS, verify=_certificates()) as http:
        try:
            yield {
                "database": engine,
                "sessions": async_sessionmaker(engine, expire_on_commit=False),
                "cache": redis,
                "catalogue": Cache(redis, breaker, release),
                "limits": limits.RateLimits(redis, breaker),
                "http": http,
            }
        finally:
            for goodbye in (redis.aclose(), engine.dispose()):
                with suppress(TimeoutError, RedisError):
                    await limits.within(CLOSE_SECONDS, goodbye)


def create_service(
    *,
    title: str,
    routers: Sequence[APIRouter],
    state: Mapping[str, Any],
    documented: bool,
    database_url: str,
    database_pool_size: int,
    cache_url: str,
    release: str,
    storefront_secret: str | None = None,
    require_storefront_secret: bool = False,
    background: Sequence[Callable[[Connections], Coroutine[Any, Any, None]]] = (),
) -> FastAPI:
    """Return an application with a shop's endpoints.

    `state` is what `request.state` has beside the connections. Where it is `documented`, the
    application serves its OpenAPI document and the pages that show it. If the storefront's secret
    is required, requests without it share the limits of one client. What runs in the `background`
    begins with the process, and is cancelled at its end.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with connections(
            database_url=database_url,
            database_pool_size=database_pool_size,
            cache_url=cache_url,
            release=release,
        ) as held:
            tasks = [asyncio.create_task(run(held)) for run in background]
            try:
                yield {**state, **held}
            finally:
                for task in tasks:
                    task.cancel()
                with suppress(TimeoutError):
                    await limits.within(CLOSE_SECONDS, _ended(tasks))

    app = _Service(
        title=title,
        lifespan=lifespan,
        redirect_slashes=False,
        responses=problems.RESPONSES,
        openapi_url="/openapi.json" if documented else None,
    )
    problems.install(app)
    app.add_middleware(limits.TimeLimit)
    app.add_middleware(limits.BodyLimit)
    app.add_middleware(
        limits.Proof, secret=storefront_secret or "", required=require_storefront_secret
    )
    app.add_middleware(logs.RequestLog)
    for router in (health.router, *routers):
        app.include_router(router)
    return app


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


class _Client(AsyncClient):
    async def send(self, request: HttpRequest, **options: Any) -> Response:
        try:
            async with asyncio.timeout(HTTP_SECONDS):
                return await super().send(request, **options)
        except TimeoutError:
            message = f"No answer within {HTTP_SECONDS} s"
            raise ReadTimeout(message, request=request) from None


class _Service(FastAPI):
    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        # FastAPI would describe it as application/json, which it isn't.
        document["components"]["schemas"] |= problems.schemas()
        return document


# Async, because FastAPI runs other dependencies in a thread, which costs more than they do.
async def _sessions(request: Request) -> async_sessionmaker[AsyncSession]:
    sessions: async_sessionmaker[AsyncSession] = request.state.sessions
    return sessions


async def _catalogue(request: Request) -> Cache:
    catalogue: Cache = request.state.catalogue
    return catalogue


async def _limits(request: Request) -> limits.RateLimits:
    counted: limits.RateLimits = request.state.limits
    return counted


async def _http(request: Request) -> AsyncClient:
    http: AsyncClient = request.state.http
    return http


Sessions = Annotated[async_sessionmaker[AsyncSession], Depends(_sessions)]
Catalogue = Annotated[Cache, Depends(_catalogue)]
Limits = Annotated[limits.RateLimits, Depends(_limits)]
Http = Annotated[AsyncClient, Depends(_http)]
