"""Sentry in the API: errors and traces with one release and environment, and no personal data."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import sentry_sdk

from .scrub import scrubbed

if TYPE_CHECKING:
    from sentry_sdk._types import DataCollectionUserOptions

UNTRACED_PATHS = {"/livez", "/readyz"}
# Each of these is collected unless it is switched off.
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
# What the caller sends: trace id, span id, and whether the trace is recorded.
SENTRY_TRACE = re.compile(r"([0-9a-f]{32})-[0-9a-f]{16}(-[01])?", re.ASCII)

logger = logging.getLogger(__name__)


def start(*, dsn: str | None, release: str, environment: str, traces_sample_rate: float) -> None:
    """Report from here on; without a DSN, say once that nothing is reported."""
    if not dsn:
        logger.info("Sentry is off: SENTRY_DSN is not set.")
        return

    def sample(context: dict[str, Any]) -> float:
        if context.get("asgi_scope", {}).get("path") in UNTRACED_PATHS:
            return 0.0
        # The browser has decided for the whole trace, where it began there.
        parent = context.get("parent_sampled")
        return traces_sample_rate if parent is None else float(parent)

    sentry_sdk.init(
        dsn=dsn,
        release=release,
        environment=environment,
        traces_sampler=sample,
        data_collection=NOTHING_PERSONAL,
        # Nor even read, which would take a streamed body from the endpoint.
        max_request_body_size="never",
        before_send=scrubbed,
        before_send_transaction=scrubbed,
        # Log lines among them, with whatever the code had at hand.
        max_breadcrumbs=0,
        # By default every service that the API calls would get the trace's headers.
        trace_propagation_targets=[],
    )


def trace_id(sentry_trace: str) -> str | None:
    """Give the id under which Sentry shows this request, from the caller's header without it."""
    if sentry_sdk.is_initialized():
        context: dict[str, str] = sentry_sdk.get_current_scope().get_trace_context()
        return context["trace_id"]
    given = SENTRY_TRACE.fullmatch(sentry_trace)
    return given[1] if given else None
