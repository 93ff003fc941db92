import secrets
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.rate_limits import WRONG_TOKENS, claimed_address
from app.state import CurrentSettings, Limits

_bearer = HTTPBearer(auto_error=False, description="ADMIN_TOKEN")


async def require_admin(
    request: Request,
    settings: CurrentSettings,
    limits: Limits,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> None:
    given = credentials.credentials if credentials else ""
    wanted = settings.admin_token.get_secret_value()
    # As bytes: the comparison refuses strings beyond ASCII.
    if not secrets.compare_digest(given.encode(), wanted.encode()):
        # Only then: otherwise whoever claims the admin's address could lock them out.
        await limits.count(WRONG_TOKENS, claimed_address(request))
        raise HTTPException(401, "This needs the admin token.", {"WWW-Authenticate": "Bearer"})
