"""Whether the process runs, and whether it can reach what it needs."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Literal

from fastapi import APIRouter, Request, Response, status
from pydantic import BaseModel
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from .limits import within

TIME_LIMIT_SECONDS = 2.0

logger = logging.getLogger(__name__)
router = APIRouter()

Answer = Literal["ok", "unreachable"]


class Readiness(BaseModel):
    """What can be reached."""

    status: Literal["ok", "degraded", "unavailable"]
    database: Answer
    cache: Answer


@router.get("/livez")
async def livez() -> dict[str, str]:
    """Say that the process runs."""
    # The host restarts an instance that fails this. It looks at nothing outside the process, so
    # that a database failover does not restart every instance on top.
    return {"status": "ok"}


@router.get("/readyz", responses={status.HTTP_503_SERVICE_UNAVAILABLE: {"model": Readiness}})
async def readyz(request: Request, response: Response) -> Readiness:
    """Say what can be reached; 503 without the database."""
    database, cache = await asyncio.gather(
        _answer("database", _ping_database(request.state.database)),
        _answer("cache", _ping_cache(request.state.cache)),
    )
    if database == "unreachable":
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        return Readiness(status="unavailable", database=database, cache=cache)
    # Without its cache the API is slower and still right, so it stays in service.
    return Readiness(status="ok" if cache == "ok" else "degraded", database=database, cache=cache)


async def _answer(name: str, ping: Coroutine[Any, Any, None]) -> Answer:
    try:
        await within(TIME_LIMIT_SECONDS, ping)
    except Exception as error:
        logger.warning("The %s is unreachable: %r", name, error)
        return "unreachable"
    return "ok"


async def _ping_database(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))


async def _ping_cache(cache: Redis) -> None:
    await cache.ping()
