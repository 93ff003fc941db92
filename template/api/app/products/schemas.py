from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _without_nul(text: str) -> str:
    # PostgreSQL cannot store it.
    if "\x00" in text:
        raise ValueError("it must not contain the character NUL")
    return text


def _words(text: str) -> str:
    # Sorted, because their order does not change the answer.
    return " ".join(sorted(set(text.casefold().split())))


NoNul = AfterValidator(_without_nul)

# A Cloudinary public id, or a path on the storefront.
PictureName = Annotated[str, Field(pattern=r"^/?[\w-][\w.-]*(/[\w-][\w.-]*)*$", max_length=255)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
ShortText = Annotated[str, Field(min_length=1, max_length=100), NoNul]
AltText = Annotated[str, Field(max_length=300), NoNul]
PriceMinor = Annotated[int, Field(ge=0, le=100_000_000)]


class Picture(BaseModel):
    image: PictureName
    alt: AltText = ""


class Dimensions(BaseModel):
    """In millimetres, the weight in grams."""

    width: int | None = Field(default=None, ge=1)
    depth: int | None = Field(default=None, ge=1)
    height: int | None = Field(default=None, ge=1)
    diameter: int | None = Field(default=None, ge=1)
    weight: int | None = Field(default=None, ge=1)


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
    image_alt: str
    gallery: list[Picture] = Field(description="Pictures beside the first one")
    category: str | None
    materials: list[str]
    dimensions: Dimensions | None
    stock: int | None = Field(description="Pieces that are there; null where nobody counts them")
    active: bool
    created_at: datetime
    updated_at: datetime


Order = Literal["best", "newest", "price", "-price"]


class ProductQuery(BaseModel):
    """What a list is about: products that fit everything that is given."""

    limit: int = Field(default=24, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=200)
    q: Annotated[str, Field(max_length=100), NoNul, AfterValidator(_words)] = Field(
        default="", description="Words, or beginnings of words"
    )
    category: ShortText | None = None
    material: ShortText | None = None
    price_min: PriceMinor | None = None
    price_max: PriceMinor | None = None
    in_stock: bool = False
    sort: Literal["newest", "price", "-price"] | None = Field(
        default=None, description="By default the newest first, and in a search the best match"
    )

    @property
    def order(self) -> Order:
        return self.sort or ("best" if self.q else "newest")


class ProductPage(BaseModel):
    items: list[ProductView]
    next_cursor: str | None
    total: int = Field(description="Products on all pages together, counted up to 1,000")


class Category(BaseModel):
    name: str
    image: str | None = Field(description="Of its first product")
    materials: list[str] = Field(description="Of all its products")


class ProductFacts(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=200), NoNul]
    description: Annotated[str, Field(max_length=10_000), NoNul]
    price_minor: PriceMinor = Field(description="In the currency's smallest unit")
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    category: ShortText | None = None
    materials: list[ShortText] = Field(default=[], max_length=20)
    dimensions: Dimensions | None = None
    stock: int | None = Field(default=None, ge=0, le=1_000_000)
    active: bool = True


class ProductChange(ProductFacts):
    image: PictureName | None = None
    image_alt: AltText = ""
    gallery: list[Picture] = Field(default=[], max_length=20)


class NewProduct(ProductChange):
    slug: Slug
