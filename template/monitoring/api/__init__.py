"""Sentry in the API: errors and traces, with release and environment, without personal data."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import sentry_sdk

from .scrub import scrubbed

if TYPE_CHECKING:
    from sentry_sdk._types import DataCollectionUserOptions

UNTRACED_PATHS = {"/livez", "/readyz"}
# Sentry collects all of these by default.
NOTHING_PERSONAL: DataCollectionUserOptions = {
    "user_info": False,
    "http_bodies": [],
    "stack_frame_variables": False,
    "url_query_params": {"mode": "off"},
    "cookies": {"mode": "off"},
    "http_headers": {
        "request": {"mode": "allowlist", "terms": ["user-agent", "content-type", "host"]}
    },
    "database_query_data": False,
    "queues": False,
    "graphql": {"document": False, "variables": False},
    "gen_ai": {"inputs": False, "outputs": False},
}
# The caller's header: trace id, span id, and whether the trace is recorded.
SENTRY_TRACE = re.compile(r"([0-9a-f]{32})-[0-9a-f]{16}(-[01])?", re.ASCII)

logger = logging.getLogger(__name__)


def start(*, dsn: str | None, release: str, environment: str, traces_sample_rate: float) -> None:
    """Start to report. Without a DSN, log once that nothing is reported."""
    if not dsn:
        logger.info("Sentry is off: SENTRY_DSN is not set.")
        return

    def sample(context: dict[str, Any]) -> float:
        if context.get("asgi_scope", {}).get("path") in UNTRACED_PATHS:
            return 0.0
        # If the trace began in the browser, the browser has decided.
        parent = context.get("parent_sampled")
        return traces_sample_rate if parent is None else float(parent)

    sentry_sdk.init(
        dsn=dsn,
        release=release,
        environment=environment,
        traces_sampler=sample,
        data_collection=NOTHING_PERSONAL,
        # Bodies are not read either: that would consume a streamed body before the endpoint.
        max_request_body_size="never",
        before_send=scrubbed,
        before_send_transaction=scrubbed,
        # Breadcrumbs include log lines, which may contain anything.
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
