"""Cloudinary: uploads, which the browser sends there itself, signed here; and notifications."""

import logging
import time
from datetime import timedelta
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Header, HTTPException, Request
from pydantic import BaseModel, Field
from render.api.cloudinary import NOTIFICATION_SECONDS, read_notification
from render.api.service import Sessions
from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert

from app.dependencies import CurrentSettings, require_admin
from app.uploads.models import WebhookDelivery

# An upload begins as soon as it is signed.
UPLOAD_SECONDS = 600
# Cloudinary takes a signature for an hour after its timestamp.
SIGNATURE_SECONDS = 3600

logger = logging.getLogger(__name__)
router = APIRouter()


class UploadParameters(BaseModel):
    """All that is signed: Cloudinary refuses a parameter more, less or different."""

    asset_folder: str
    public_id: str
    tags: str
    timestamp: int
    upload_preset: str


class Upload(BaseModel):
    sha256: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{64}$",
        description="Of the picture, which gets its name from it: Cloudinary keeps it once",
    )


class SignedUpload(BaseModel):
    url: str
    api_key: str
    signature: str
    expires_at: int
    parameters: UploadParameters


@router.post(
    "/admin/uploads", status_code=201, tags=["admin"], dependencies=[Depends(require_admin)]
)
async def sign_upload(settings: CurrentSettings, upload: Upload | None = None) -> SignedUpload:
    account = settings.cloudinary
    if account is None:
        raise HTTPException(503, "Uploads are off: CLOUDINARY_URL is not set.")
    folder, now = settings.media_folder, int(time.time())
    digest = upload.sha256 if upload else None
    parameters = UploadParameters(
        asset_folder=folder,
        public_id=f"{folder}/{digest[:32] if digest else uuid4().hex}",
        tags="product",
        # Set back, because Cloudinary's hour is more than an upload needs.
        timestamp=now - SIGNATURE_SECONDS + UPLOAD_SECONDS,
        # Declared in storage/cloudinary.yml.
        upload_preset=f"{folder.partition('/')[0]}-product",
    )
    return SignedUpload(
        url=f"{account.api}/v1_1/{account.cloud}/image/upload",
        api_key=account.key,
        signature=sign(parameters, account.secret.get_secret_value()),
        expires_at=now + UPLOAD_SECONDS,
        parameters=parameters,
    )


def sign(parameters: UploadParameters, secret: str) -> str:
    # Imported here: the SDK reads the environment as it is imported, and settings come first.
    from cloudinary.utils import api_sign_request

    signature: str = api_sign_request(parameters.model_dump(), secret)
    return signature


@router.post("/webhooks/cloudinary", status_code=204, tags=["webhooks"])
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
    notification = await read_notification(request, account, timestamp, signature)
    if not await _is_first(sessions, signature):
        raise HTTPException(409, "The notification was taken before.")
    fields = {key: notification.get(key) for key in ("notification_type", "public_id")}
    logger.info("Cloudinary notified", extra={"fields": fields})


async def _is_first(sessions: Sessions, signature: str) -> bool:
    # Signatures older than their validity are refused by their age.
    expired = WebhookDelivery.received_at < func.now() - timedelta(seconds=2 * NOTIFICATION_SECONDS)
    statement = insert(WebhookDelivery).values(signature=signature).on_conflict_do_nothing()
    async with sessions.begin() as session:
        await session.execute(delete(WebhookDelivery).where(expired))
        return await session.scalar(statement.returning(WebhookDelivery.signature)) is not None
