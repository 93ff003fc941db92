"""What endpoints of several domains ask for."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits import RateLimitItemPerMinute
from render.api.limits import RateLimits, matches
from render.api.service import Limits

from app.settings import Settings

WRONG_TOKENS = RateLimitItemPerMinute(30, namespace="wrong-tokens")

_bearer = HTTPBearer(auto_error=False, description="ADMIN_TOKEN")


# Async, because FastAPI runs other dependencies in a thread, which costs more than they do.
async def _settings(request: Request) -> Settings:
    settings: Settings = request.state.settings
    return settings


CurrentSettings = Annotated[Settings, Depends(_settings)]


async def is_admin(given: str, settings: Settings, limits: RateLimits) -> bool:
    """Return whether somebody has given the admin's token."""
    if matches(given, settings.admin_token.get_secret_value()):
        return True
    # Only then, so that nobody can lock the admin out; and for all together, because a guesser
    # claims whatever address they like.
    await limits.count(WRONG_TOKENS, "everybody")
    return False


async def require_admin(
    settings: CurrentSettings,
    limits: Limits,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> None:
    if not await is_admin(credentials.credentials if credentials else "", settings, limits):
        raise HTTPException(401, "This needs the admin token.", {"WWW-Authenticate": "Bearer"})
