from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.products.schemas import NoNul

# open: the customer may pay. pending: they have, and the money is on its way. review: people have
# to look, because Stripe says something else than the order.
Status = Literal["open", "pending", "paid", "refunded", "expired", "review"]


class Destination(BaseModel):
    country: str
    rate_minor: int
    days_min: int = Field(description="Business days")
    days_max: int


class DeliveryView(BaseModel):
    checkout: bool = Field(description="Whether the store takes orders")
    currency: str
    destinations: list[Destination]


class CheckoutWanted(BaseModel):
    country: str = Field(pattern="^[A-Z]{2}$")
    total_minor: int = Field(
        ge=0, description="What the customer has seen: what is available, and the delivery"
    )


class CheckoutPage(BaseModel):
    url: str = Field(description="Where the customer pays, or sees the order if it is paid")


class OrderLine(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    slug: str
    name: str
    image: str | None
    quantity: int
    price_minor: int


class OrderView(BaseModel):
    """Nothing of the person: whoever uses the browser after them sees this as well."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    status: Status
    country: str
    currency: str
    items: list[OrderLine]
    shipping_minor: int
    total_minor: int = Field(description="Tax and delivery included")
    refunded_minor: int
    created_at: datetime
    withdrawn_at: datetime | None
    sent_at: datetime | None


def _text(longest: int, shortest: int = 1) -> object:
    return StringConstraints(strip_whitespace=True, min_length=shortest, max_length=longest)


class WithdrawalWanted(BaseModel):
    """What article 11a of directive 2011/83/EU has a customer state."""

    name: Annotated[str, _text(200), NoNul]
    number: Annotated[str, _text(40), NoNul] = Field(description="Of the order")
    email: Annotated[str, _text(254, 3), NoNul] = Field(pattern="^[^@ ]+@[^@ ]+$")
    statement: Annotated[str, _text(2000, 0), NoNul] = Field(
        default="", description="For example, which of the goods; empty for all of them"
    )


class WithdrawalReceipt(WithdrawalWanted):
    received_at: datetime
