import secrets
from typing import Annotated

from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.state import CurrentSettings

_bearer = HTTPBearer(auto_error=False, description="ADMIN_TOKEN")


async def require_admin(
    settings: CurrentSettings,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> None:
    given = credentials.credentials if credentials else ""
    wanted = settings.admin_token.get_secret_value()
    # As bytes: the comparison refuses strings beyond ASCII.
    if not secrets.compare_digest(given.encode(), wanted.encode()):
        raise HTTPException(401, "This needs the admin token.", {"WWW-Authenticate": "Bearer"})
