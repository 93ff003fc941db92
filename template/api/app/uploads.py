"""Uploads: the browser sends the image to Cloudinary itself, with parameters signed here."""

import time
from uuid import uuid4

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel

from app.admin_access import require_admin
from app.settings import Settings
from app.state import CurrentSettings

# An upload begins as soon as it is signed.
VALID_SECONDS = 600
# Cloudinary takes a signature for an hour after its timestamp.
CLOUDINARY_VALID_SECONDS = 3600

router = APIRouter(prefix="/admin/uploads", tags=["admin"], dependencies=[Depends(require_admin)])


class UploadParameters(BaseModel):
    """All that is signed: Cloudinary refuses a parameter more, less or different."""

    asset_folder: str
    public_id: str
    tags: str
    timestamp: int
    upload_preset: str


class SignedUpload(BaseModel):
    url: str
    api_key: str
    signature: str
    expires_at: int
    parameters: UploadParameters


@router.post("", status_code=201)
async def sign_upload(settings: CurrentSettings) -> SignedUpload:
    account = settings.cloudinary
    if account is None:
        raise HTTPException(503, "Uploads are off: CLOUDINARY_URL is not set.")
    now = int(time.time())
    parameters = _parameters(settings, now)
    return SignedUpload(
        url=f"{account.api}/v1_1/{account.cloud}/image/upload",
        api_key=account.key,
        signature=sign(parameters, account.secret.get_secret_value()),
        expires_at=now + VALID_SECONDS,
        parameters=parameters,
    )


def sign(parameters: UploadParameters, secret: str) -> str:
    # Imported here: the SDK reads the environment as it is imported, and settings come first.
    from cloudinary.utils import api_sign_request

    signature: str = api_sign_request(parameters.model_dump(), secret)
    return signature


def _parameters(settings: Settings, now: int) -> UploadParameters:
    store = settings.media_folder.partition("/")[0]
    return UploadParameters(
        asset_folder=settings.media_folder,
        public_id=f"{settings.media_folder}/{uuid4().hex}",
        tags="product",
        # Set back, because Cloudinary's hour is more than an upload needs.
        timestamp=now - CLOUDINARY_VALID_SECONDS + VALID_SECONDS,
        # Declared in storage/cloudinary.yml.
        upload_preset=f"{store}-product",
    )
