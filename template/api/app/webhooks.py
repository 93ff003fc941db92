"""Cloudinary's notifications."""

import hashlib
import hmac
import json
import logging
import time
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Request
from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert

from app import db
from app.models import WebhookDelivery
from app.state import CurrentSettings, Sessions

# Cloudinary's SDK takes as old a notification.
VALID_SECONDS = 7200
# A notification is a few kilobytes.
MAX_BYTES = 256 * 1024
# By the signature's length in hex: an account signs with either.
ALGORITHMS = {40: hashlib.sha1, 64: hashlib.sha256}

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.post("/cloudinary", status_code=204)
async def take_notification(
    request: Request,
    settings: CurrentSettings,
    sessions: Sessions,
    signature: Annotated[str, Header(alias="X-Cld-Signature", pattern="^[0-9a-f]+$")],
    timestamp: Annotated[int, Header(alias="X-Cld-Timestamp", ge=0)],
) -> None:
    account = settings.cloudinary
    if account is None:
        raise HTTPException(404, "There is no Cloudinary account here.")
    body = await _read(request)
    # Refusals are not counted: to check a signature costs less than to look a counter up.
    if not _signed(body, timestamp, signature, account.secret.get_secret_value()):
        raise HTTPException(401, "The signature is not Cloudinary's.")
    if abs(time.time() - timestamp) > VALID_SECONDS:
        raise HTTPException(401, "The notification is too old.")
    notification = _parse(body)
    if not await _is_first(sessions, signature):
        raise HTTPException(409, "The notification was taken before.")
    fields = {key: notification.get(key) for key in ("notification_type", "public_id")}
    logger.info("Cloudinary notified", extra={"fields": fields})


async def _read(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise HTTPException(413, "The notification is too large.")
    return body


def _signed(body: bytes, timestamp: int, signature: str, secret: str) -> bool:
    # Not the SDK's check, which wants text and compares in a time that tells how much was right.
    algorithm = ALGORITHMS.get(len(signature))
    if algorithm is None:
        return False
    wanted = algorithm(body + f"{timestamp}{secret}".encode()).hexdigest()
    return hmac.compare_digest(wanted, signature)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        notification = json.loads(body)
    except (ValueError, RecursionError):
        notification = None
    if not isinstance(notification, dict):
        raise HTTPException(400, "The notification is not a JSON object.")
    return notification


async def _is_first(sessions: db.Sessions, signature: str) -> bool:
    # Signatures older than their validity are refused by their age.
    expired = WebhookDelivery.received_at < func.now() - timedelta(seconds=2 * VALID_SECONDS)
    statement = insert(WebhookDelivery).values(signature=signature).on_conflict_do_nothing()
    async with sessions.begin() as session:
        await session.execute(delete(WebhookDelivery).where(expired))
        return await session.scalar(statement.returning(WebhookDelivery.signature)) is not None
