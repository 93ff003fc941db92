"""What the process holds for all requests, and how an endpoint asks for it.

The dependencies are async because FastAPI runs others in a thread, which costs more than they do.
"""

from typing import Annotated, TypedDict

from fastapi import Depends, Request
from httpx2 import AsyncClient
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app import db
from app.cache import Cache
from app.rate_limits import RateLimits
from app.settings import Settings


class State(TypedDict):
    settings: Settings
    database: AsyncEngine
    sessions: db.Sessions
    cache: Redis
    catalogue: Cache
    limits: RateLimits
    http: AsyncClient


async def _settings(request: Request) -> Settings:
    settings: Settings = request.state.settings
    return settings


async def _sessions(request: Request) -> db.Sessions:
    sessions: db.Sessions = request.state.sessions
    return sessions


async def _catalogue(request: Request) -> Cache:
    catalogue: Cache = request.state.catalogue
    return catalogue


async def _limits(request: Request) -> RateLimits:
    limits: RateLimits = request.state.limits
    return limits


async def _http(request: Request) -> AsyncClient:
    http: AsyncClient = request.state.http
    return http


CurrentSettings = Annotated[Settings, Depends(_settings)]
Sessions = Annotated[db.Sessions, Depends(_sessions)]
Catalogue = Annotated[Cache, Depends(_catalogue)]
Limits = Annotated[RateLimits, Depends(_limits)]
Http = Annotated[AsyncClient, Depends(_http)]
