from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.cart.models import MAX_QUANTITY

Quantity = Annotated[int, Field(ge=1, le=MAX_QUANTITY)]


class Addition(BaseModel):
    product_id: UUID
    quantity: Quantity = 1


class Change(BaseModel):
    quantity: Quantity


class CartLine(BaseModel):
    product_id: UUID
    slug: str
    name: str
    image: str | None
    price_minor: int
    quantity: int
    line_total_minor: int
    stock: int | None = Field(
        description="Pieces that this cart may have; null where nobody counts them"
    )
    available: bool


class CartView(BaseModel):
    # An answer always holds them all.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    items: list[CartLine] = []
    quantity: int = Field(default=0, description="Pieces that are available")
    total_minor: int = Field(default=0, description="Price of what is available")
    currency: str | None = None
