from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Cursor:
    """The place in a list after one of its rows: opaque to clients, exact to the microsecond."""

    at: datetime
    id: UUID

    def encode(self) -> str:
        moment = ((self.at - EPOCH) // MICROSECOND).to_bytes(8, "big", signed=True)
        return urlsafe_b64encode(moment + self.id.bytes).decode()

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read what `encode` gave; anything else is a ValueError."""
        raw = urlsafe_b64decode(text.encode("ascii"))
        try:
            moment = int.from_bytes(raw[:8], "big", signed=True) * MICROSECOND
            return cls(EPOCH + moment, UUID(bytes=raw[8:]))
        except OverflowError as error:
            raise ValueError(text) from error
