"""Tells the storefront which pages a product change made stale."""

import hashlib
import hmac
import json
import logging
import time

from httpx2 import AsyncClient, HTTPError
from render.api.limits import parts

from app.settings import Settings

logger = logging.getLogger(__name__)


async def refresh_product(http: AsyncClient, settings: Settings, slug: str) -> None:
    """Ask for fresh pages; a failure is logged, and the pages' own lifetime repairs it."""
    if not settings.storefront_origin or not settings.revalidate_secret:
        return
    body = json.dumps({"slug": slug}).encode()
    timestamp = str(int(time.time()))
    secret, *_ = parts(settings.revalidate_secret.get_secret_value())
    signature = sign(secret, timestamp, body)
    try:
        response = await http.post(
            f"{settings.storefront_origin}/revalidate",
            content=body,
            headers={
                "Content-Type": "application/json",
                "X-Revalidate-Timestamp": timestamp,
                "X-Revalidate-Signature": signature,
            },
        )
        response.raise_for_status()
    except HTTPError as error:
        logger.warning("The storefront did not refresh %s: %r", slug, error)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 in hex over the timestamp, a full stop and the body's bytes."""
    message = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
