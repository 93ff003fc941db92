from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _without_nul(text: str) -> str:
    # PostgreSQL cannot store it.
    if "\x00" in text:
        raise ValueError("it must not contain the character NUL")
    return text


NoNul = AfterValidator(_without_nul)


class ProductView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    slug: str
    name: str
    description: str
    price_minor: int
    currency: str
    image: str | None = Field(
        description="A Cloudinary public id, or a path of the storefront if it begins with a slash"
    )
    active: bool
    created_at: datetime
    updated_at: datetime


class ProductPage(BaseModel):
    items: list[ProductView]
    next_cursor: str | None


class ProductChange(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=200), NoNul]
    description: Annotated[str, Field(max_length=10_000), NoNul]
    price_minor: int = Field(ge=0, le=100_000_000, description="In the currency's smallest unit")
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    # A Cloudinary public id, or a path on the storefront.
    image: str | None = Field(
        default=None, pattern=r"^/?[\w-][\w.-]*(/[\w-][\w.-]*)*$", max_length=255
    )
    active: bool = True


class NewProduct(ProductChange):
    slug: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)
