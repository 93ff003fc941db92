from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Account:
    cloud: str
    key: str
    secret: str = field(repr=False)
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
        return cls(cloud, unquote(parts.username), unquote(parts.password), prefix.rstrip("/"))
