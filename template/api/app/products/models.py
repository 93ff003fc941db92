from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, Index, String, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Now


class Product(Base):
    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("price_minor >= 0", name="price_minor"),
        CheckConstraint("stock >= 0", name="stock"),
        Index("ix_products_newest", "created_at", "id"),
        Index("ix_products_category", "category", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str]
    price_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    image: Mapped[str | None]
    # What an older release writes has none of these, hence the defaults of the table.
    image_alt: Mapped[str] = mapped_column(default="", server_default="")
    gallery: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list, server_default="[]")
    category: Mapped[str | None]
    materials: Mapped[list[str]] = mapped_column(ARRAY(String), default=list, server_default="{}")
    dimensions: Mapped[dict[str, Any] | None]
    # Null: nobody counts, and it is always there.
    stock: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Now]
    updated_at: Mapped[Now] = mapped_column(onupdate=func.now())


class ProductWords(Base):
    """The words that find a product. A trigger writes them, see migrations/versions/0002."""

    __tablename__ = "product_search"
    __table_args__ = (
        Index(
            "ix_product_search_words",
            "words",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
    )

    product_id: Mapped[UUID] = mapped_column(
        ForeignKey("products.id", ondelete="CASCADE"), primary_key=True
    )
    words: Mapped[str] = mapped_column(TSVECTOR)
