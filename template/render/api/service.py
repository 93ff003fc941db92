"""The application around a shop's endpoints, with all that it needs to run safely.

A release that adds protection adds it here, so that an update brings it.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import ssl
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Annotated, Any, TypedDict

from fastapi import APIRouter, Depends, FastAPI, Request
from httpx2 import AsyncClient, HTTPError, ReadTimeout, Response, create_ssl_context
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

logger = logging.getLogger(__name__)


class StorefrontPages:
    """The storefront's pages, which show what the API has."""

    def __init__(self, http: AsyncClient, origin: str | None, secret: str | None) -> None:
        self._http, self._origin, self._secret = http, origin, secret

    async def refresh(self, slug: str) -> None:
        """Ask for fresh pages; a failure is logged, and the pages' own lifetime repairs it."""
        if not self._origin or not self._secret:
            return
        body = json.dumps({"slug": slug}).encode()
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "X-Revalidate-Timestamp": timestamp,
            "X-Revalidate-Signature": _signature(limits.parts(self._secret)[0], timestamp, body),
        }
        try:
            address = f"{self._origin}/revalidate"
            response = await self._http.post(address, content=body, headers=headers)
            response.raise_for_status()
        except HTTPError as error:
            logger.warning("The storefront did not refresh %s: %r", slug, error)


def _signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the HMAC-SHA256, in hex, of the timestamp, a full stop and the body's bytes."""
    message = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


class Connections(TypedDict):
    """What the process holds for all requests, as `request.state` has it."""

    database: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    cache: Redis
    catalogue: Cache
    limits: limits.RateLimits
    http: AsyncClient
    storefront: StorefrontPages


@cache
def _certificates() -> ssl.SSLContext:
    """Return the certificates that are trusted; tests start many applications in one process."""
    return create_ssl_context()


@asynccontextmanager
async def connections(
    *,
    database_url: str,
    database_pool_size: int,
    cache_url: str,
    release: str,
    storefront_origin: str | None = None,
    revalidate_secret: str | None = None,
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
                "storefront": StorefrontPages(http, storefront_origin, revalidate_secret),
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
    storefront_origin: str | None = None,
    revalidate_secret: str | None = None,
    background: Sequence[Callable[[dict[str, Any]], Coroutine[Any, Any, None]]] = (),
) -> FastAPI:
    """Return an application with a shop's endpoints.

    `state` is what `request.state` has beside the connections. Where it is `documented`, the
    application serves its OpenAPI document and the pages that show it. If the storefront's secret
    is required, requests without it share the limits of one client. Without its origin and the
    secret that signs the call, the storefront is not told to refresh its pages. What runs in the
    `background` gets what `request.state` has; it begins with the process, and is cancelled at its
    end.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with connections(
            database_url=database_url,
            database_pool_size=database_pool_size,
            cache_url=cache_url,
            release=release,
            storefront_origin=storefront_origin,
            revalidate_secret=revalidate_secret,
        ) as connected:
            held = {**state, **connected}
            tasks = [asyncio.create_task(run(held)) for run in background]
            try:
                yield held
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


async def _storefront(request: Request) -> StorefrontPages:
    storefront: StorefrontPages = request.state.storefront
    return storefront


Sessions = Annotated[async_sessionmaker[AsyncSession], Depends(_sessions)]
Catalogue = Annotated[Cache, Depends(_catalogue)]
Limits = Annotated[limits.RateLimits, Depends(_limits)]
Http = Annotated[AsyncClient, Depends(_http)]
Storefront = Annotated[StorefrontPages, Depends(_storefront)]
