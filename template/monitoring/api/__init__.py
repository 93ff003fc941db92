"""Sentry in the API: errors and traces, with release and environment, without personal data."""

from __future__ import annotations

import logging
import random
import re
import time
from typing import TYPE_CHECKING, Any

import sentry_sdk

from .scrub import ListedOnly

if TYPE_CHECKING:
    from sentry_sdk._types import DataCollectionUserOptions

UNTRACED_PATHS = {"/livez", "/readyz"}
# How many traces a minute each process records because a caller asks for it, at a sample rate of 1.
ASKED_FOR_PER_MINUTE = 120
# Sentry collects all of these by default. What is collected is then listed in scrub.py.
NOTHING_PERSONAL: DataCollectionUserOptions = {
    "user_info": False,
    "http_bodies": [],
    "stack_frame_variables": False,
    "url_query_params": {"mode": "off"},
    "cookies": {"mode": "off"},
    "http_headers": {"request": {"mode": "off"}},
    "database_query_data": False,
    "queues": False,
    "graphql": {"document": False, "variables": False},
    "gen_ai": {"inputs": False, "outputs": False},
}
# The caller's header: trace id, span id, and whether the trace is recorded.
SENTRY_TRACE = re.compile(r"([0-9a-f]{32})-[0-9a-f]{16}(-[01])?", re.ASCII)

logger = logging.getLogger(__name__)


class Budget:
    """Allows so many a minute, and no more than that at once."""

    def __init__(self, per_minute: float) -> None:
        self._size = self._left = per_minute
        self._filled = time.monotonic()

    def take(self) -> bool:
        """Take one. Return whether there was one."""
        now = time.monotonic()
        self._left = min(self._size, self._left + self._size * (now - self._filled) / 60)
        self._filled = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def start(*, dsn: str | None, release: str, environment: str, traces_sample_rate: float) -> None:
    """Start to report. Without a DSN, log once that nothing is reported."""
    if not dsn:
        logger.info("Sentry is off: SENTRY_DSN is not set.")
        return

    asked_for = Budget(ASKED_FOR_PER_MINUTE * traces_sample_rate)

    def sample(context: dict[str, Any]) -> float:
        parent = context.get("parent_sampled")
        if parent is False or context.get("asgi_scope", {}).get("path") in UNTRACED_PATHS:
            return 0.0
        # If the trace began in the browser, the browser has decided. But anyone can say so.
        if parent and asked_for.take():
            return 1.0
        # Decided here, because the SDK takes its random number from the caller's `baggage`.
        return float(random.random() < traces_sample_rate)  # noqa: S311 - nothing secret

    sentry_sdk.init(
        dsn=dsn,
        release=release,
        environment=environment,
        traces_sampler=sample,
        traces_sample_rate=traces_sample_rate,
        transport=ListedOnly,
        data_collection=NOTHING_PERSONAL,
        # Bodies are not read either: that would consume a streamed body before the endpoint.
        max_request_body_size="never",
        # None of these is listed in scrub.py.
        auto_session_tracking=False,
        max_breadcrumbs=0,
        # By default, every service that the API calls gets the trace headers.
        trace_propagation_targets=[],
    )


def trace_id(sentry_trace: str) -> str | None:
    """Return the request's trace id in Sentry; if Sentry is off, the one in the caller's header."""
    if sentry_sdk.is_initialized():
        context: dict[str, str] = sentry_sdk.get_current_scope().get_trace_context()
        return context["trace_id"]
    given = SENTRY_TRACE.fullmatch(sentry_trace)
    return given[1] if given else None
