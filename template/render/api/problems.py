"""Errors as problem details, RFC 9457."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from .logs import current_request_id

MEDIA_TYPE = "application/problem+json"
# SQLSTATEs, or their beginnings, that say something about the server and nothing about the
# statement. 57014 ends a statement, 25P03 a transaction, whose time is over: see database.py.
SERVER_STATES = ("08", "53", "57P", "57014", "25P03")

logger = logging.getLogger(__name__)


class FieldError(BaseModel):
    """What is wrong with one field of a request."""

    field: str
    detail: str


class Problem(BaseModel):
    """An error as every endpoint answers it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    errors: list[FieldError] | None = None


RESPONSES: dict[int | str, dict[str, Any]] = {
    key: {
        "description": "Problem details, RFC 9457",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for key in ("4XX", "5XX")
}


def schemas() -> dict[str, Any]:
    """Return the schemas that RESPONSES refers to, for the OpenAPI document."""
    _, described = models_json_schema(
        [(Problem, "serialization")], ref_template="#/components/schemas/{model}"
    )
    schemas: dict[str, Any] = described["$defs"]
    return schemas


def install(app: FastAPI) -> None:
    """Answer every error with problem details."""
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(PoolTimeoutError, _unavailable)
    app.add_exception_handler(OSError, _unavailable)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(Exception, _internal_error)


def unavailable() -> JSONResponse:
    """Return the answer that asks to come again in a moment."""
    return _response(503, "Try again in a moment.", headers={"Retry-After": "2"})


def _response(
    status: int,
    detail: str | None = None,
    errors: list[FieldError] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors)
    return JSONResponse(
        problem.model_dump(exclude_none=True),
        status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type=MEDIA_TYPE,
    )


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - for the type checker
    phrase = HTTPStatus(error.status_code).phrase
    detail = None if error.detail == phrase else str(error.detail)
    return _response(error.status_code, detail, headers=dict(error.headers or {}))


async def _validation_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - for the type checker
    # Not the rejected input, which may be personal.
    errors = [
        FieldError(field=".".join(map(str, entry["loc"])), detail=entry["msg"])
        for entry in error.errors()
    ]
    return _response(422, "The request is not valid.", errors)


async def _database_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DBAPIError)  # noqa: S101 - for the type checker
    state = getattr(error.orig, "sqlstate", None) or ""
    if error.connection_invalidated or state.startswith(SERVER_STATES):
        return await _unavailable(request, error)
    raise error


async def _unavailable(_: Request, error: Exception) -> JSONResponse:
    logger.warning("The database is unavailable: %r", error)
    return unavailable()


async def _internal_error(_: Request, __: Exception) -> JSONResponse:
    # The server logs the exception itself.
    return _response(500, headers={"X-Request-Id": current_request_id()})
