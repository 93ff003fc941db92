"""Types of what clients send and receive."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _without_nul(text: str) -> str:
    # PostgreSQL cannot store it.
    if "\x00" in text:
        raise ValueError("it must not contain the character NUL")
    return text


NoNul = AfterValidator(_without_nul)
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
# A Cloudinary public id, or a path on the storefront.
Image = Annotated[
    str, StringConstraints(pattern=r"^/?[\w-][\w.-]*(/[\w-][\w.-]*)*$", max_length=255)
]
