from datetime import datetime
from typing import Any, get_args
from uuid import UUID, uuid4

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Now
from app.orders.schemas import Status


class Order(Base):
    """What is bought. `email`, `name` and `address` are the person's, once they have paid."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint(f"status IN {get_args(Status)}", name="status"),
        # One at a time: otherwise a customer could pay twice for the same cart.
        Index(
            "uq_orders_open_cart_id",
            "cart_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_orders_newest", "created_at", "id"),
        Index("ix_orders_email", func.lower(text("email"))),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[str] = mapped_column(unique=True)
    # Whose browser may see it.
    cart_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("carts.id", ondelete="SET NULL"), index=True
    )
    status: Mapped[Status] = mapped_column(default="open")
    problem: Mapped[str | None]
    country: Mapped[str] = mapped_column(CHAR(2))
    currency: Mapped[str] = mapped_column(CHAR(3))
    shipping_minor: Mapped[int]
    total_minor: Mapped[int]
    refunded_minor: Mapped[int] = mapped_column(default=0)
    # What Stripe is asked to create, until it is known what that was: asked again, it answers the
    # same only to the same words.
    request: Mapped[dict[str, Any] | None]
    session_id: Mapped[str | None] = mapped_column(unique=True)
    payment_id: Mapped[str | None]
    email: Mapped[str | None]
    name: Mapped[str | None]
    address: Mapped[dict[str, Any] | None]
    created_at: Mapped[Now]
    asked_at: Mapped[datetime | None]
    ordered_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]

    items: Mapped[list["OrderItem"]] = relationship(
        lazy="selectin", order_by="OrderItem.product_id"
    )

    @property
    def goods(self) -> str:
        return ", ".join(f"{item.quantity} × {item.name}" for item in self.items)  # noqa: RUF001


class OrderItem(Base):
    """A copy: the order stays what it was when the product changes."""

    __tablename__ = "order_items"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]
    image: Mapped[str | None]
    quantity: Mapped[int]
    price_minor: Mapped[int]
    # Whether the pieces were taken from the stock, which nobody may count.
    counted: Mapped[bool]


class Withdrawal(Base):
    """What a customer declared, also where it names no order: the law wants none to be lost."""

    __tablename__ = "withdrawals"
    __table_args__ = (Index("ix_withdrawals_email", func.lower(text("email"))),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"), index=True)
    number: Mapped[str | None]
    name: Mapped[str | None]
    email: Mapped[str | None]
    statement: Mapped[str | None]
    received_at: Mapped[Now]


class StripeEvent(Base):
    """An event that was taken."""

    __tablename__ = "stripe_events"

    id: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[Now] = mapped_column(index=True)
