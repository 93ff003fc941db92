"""Cloudinary: the store's account there, and the notifications that it signs."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Annotated, Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from fastapi import HTTPException, Request
from pydantic import AfterValidator, SecretStr

# Cloudinary's SDK takes as old a notification.
NOTIFICATION_SECONDS = 7200
# A notification is a few kilobytes.
NOTIFICATION_MAX_BYTES = 256 * 1024
# By the signature's length in hex: an account signs with either.
ALGORITHMS = {40: hashlib.sha1, 64: hashlib.sha256}


@dataclass(frozen=True)
class Account:
    """What calls and signatures need of an account."""

    cloud: str
    key: str
    secret: SecretStr
    api: str = "https://api.cloudinary.com"

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read cloudinary://key:secret@cloud; `?upload_prefix=` names another region's API."""
        parts = urlsplit(url)
        # Not parts.hostname, which is in lower case.
        cloud = parts.netloc.rpartition("@")[2]
        if parts.scheme != "cloudinary" or not (cloud and parts.username and parts.password):
            raise ValueError("it has to look like cloudinary://key:secret@cloud")
        prefix = parse_qs(parts.query).get("upload_prefix", [cls.api])[0]
        secret = SecretStr(unquote(parts.password))
        return cls(cloud, unquote(parts.username), secret, prefix.rstrip("/"))


def _names_an_account(url: SecretStr) -> SecretStr:
    Account.from_url(url.get_secret_value())
    return url


AccountUrl = Annotated[SecretStr, AfterValidator(_names_an_account)]


async def read_notification(
    request: Request, account: Account, timestamp: int, signature: str
) -> dict[str, Any]:
    """Return what a request notifies of; refuse it if the account has not just signed it.

    Whoever has seen it can send it again, so remember the signature for as long as it counts.
    """
    body = await _read(request)
    # Refusals are not counted: to check a signature costs less than to look a counter up.
    if not _signed(body, timestamp, signature, account.secret.get_secret_value()):
        raise HTTPException(401, "The signature is not Cloudinary's.")
    if abs(time.time() - timestamp) > NOTIFICATION_SECONDS:
        raise HTTPException(401, "The notification is too old.")
    try:
        notification = json.loads(body)
    except (ValueError, RecursionError):
        notification = None
    if not isinstance(notification, dict):
        raise HTTPException(400, "The notification is not a JSON object.")
    return notification


async def _read(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > NOTIFICATION_MAX_BYTES:
            raise HTTPException(413, "The notification is too large.")
    return body


def _signed(body: bytes, timestamp: int, signature: str, secret: str) -> bool:
    # Not the SDK's check, which wants text and compares in a time that tells how much was right.
    algorithm = ALGORITHMS.get(len(signature))
    if algorithm is None:
        return False
    wanted = algorithm(body + f"{timestamp}{secret}".encode()).hexdigest()
    return hmac.compare_digest(wanted, signature)
