"""Logs as JSON, one object per line, and one line per request."""

import json
import logging
import re
import sys
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from uuid import uuid4

from monitoring.api import trace_id
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The host asks for these every few seconds.
HEALTH_CHECKS = {"/livez", "/readyz"}
REQUEST_ID = re.compile(r"[\w-]{8,64}", re.ASCII)

logger = logging.getLogger(__name__)
# Made once: json.dumps makes another at each call.
_encode = json.JSONEncoder(default=str).encode
_request_id: ContextVar[str] = ContextVar("request_id", default="")
_trace_id: ContextVar[str | None] = ContextVar("trace_id", default=None)


def current_request_id() -> str:
    """Return the id of the request that is being answered; empty outside of one."""
    return _request_id.get()


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON."""

    def __init__(self, release: str, environment: str) -> None:
        super().__init__()
        self._shared = {"release": release, "environment": environment}

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **self._shared,
        }
        if request_id := current_request_id():
            entry["request_id"] = request_id
        if trace := _trace_id.get():
            entry["trace_id"] = trace
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return _encode(entry | getattr(record, "fields", {}))


def configure(*, level: str, release: str, environment: str) -> None:
    """Log as JSON from now on, whoever logs."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(release, environment))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # uvicorn has given its loggers handlers of their own by now.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # RequestLog says the same and more; the clients' calls are the caller's business.
    for name in ("uvicorn.access", "httpx2", "httpcore2", "httpx", "httpcore", "stripe"):
        logging.getLogger(name).setLevel(logging.WARNING)


class RequestLog:
    """ASGI middleware: gives each request an id and logs how it ended."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid4().hex
        _request_id.set(request_id)
        _trace_id.set(trace_id(headers.get("sentry-trace", "")))
        start, status = time.perf_counter(), 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            _log(scope, status, time.perf_counter() - start)


def _log(scope: Scope, status: int, seconds: float) -> None:
    # The template and not the address: an address holds what people typed.
    path = getattr(scope.get("route"), "path", None)
    fields = {
        "method": scope["method"],
        "path": path,
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
    }
    level = logging.DEBUG if path in HEALTH_CHECKS and status < 500 else logging.INFO
    logger.log(level, "%s %s %s", scope["method"], path, status, extra={"fields": fields})
