"""Send an event as Sentry's SDKs do: to the project that a DSN names, with no token."""

from __future__ import annotations

import json
import time
import uuid

import httpx

from luma.live.engine import UnclearError
from luma.live.transport import LOOPBACK, client
from luma.problems import LumaError


def send(variable: str, dsn: str, environment: str, message: str) -> str:
    """Send one event to the DSN that a variable holds; return the event's id.

    Raises:
        UnclearError: it may have arrived, or would later.
        LumaError: the DSN leads somewhere else, or Sentry does not take the event.

    """
    address, number = httpx.URL(dsn), uuid.uuid4().hex
    is_sentry = address.scheme == "https" and address.host.endswith(".sentry.io")
    if not is_sentry and address.host not in LOOPBACK:
        raise LumaError(f"{variable} does not lead to Sentry: look at the store's Client Keys.")
    event = {
        "event_id": number,
        "timestamp": time.time(),
        "platform": "other",
        "level": "info",
        "environment": environment,
        "message": message,
    }
    lines = ({"event_id": number}, {"type": "event"}, event)
    host = address.netloc.decode()
    proof = f"Sentry sentry_version=7, sentry_key={address.username}"
    try:
        with client() as asking:
            answer = asking.post(
                f"{address.scheme}://{host}/api{address.path}/envelope/",
                content="\n".join(map(json.dumps, lines)),
                headers={"X-Sentry-Auth": proof},
            )
    except httpx.HTTPError as error:
        raise UnclearError(f"{host} cannot be reached: look at Sentry's status page.") from error
    if answer.status_code != httpx.codes.OK:
        may_pass = answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error
        raise (UnclearError if may_pass else LumaError)(
            f"Sentry answers {answer.status_code} to an event for {variable}: look at Client Keys "
            "and Usage in Sentry."
        )
    return number
