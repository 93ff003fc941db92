"""Create orders, withdrawals and Stripe's events."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0004"
down_revision: str | None = "0003"

STATUS = "status IN ('open', 'pending', 'paid', 'refunded', 'expired', 'review')"


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("cart_id", sa.Uuid()),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("problem", sa.String()),
        sa.Column("country", sa.CHAR(2), nullable=False),
        sa.Column("currency", sa.CHAR(3), nullable=False),
        sa.Column("shipping_minor", sa.Integer(), nullable=False),
        sa.Column("total_minor", sa.Integer(), nullable=False),
        sa.Column("refunded_minor", sa.Integer(), nullable=False),
        sa.Column("request", JSONB()),
        sa.Column("session_id", sa.String()),
        sa.Column("payment_id", sa.String()),
        sa.Column("email", sa.String()),
        sa.Column("name", sa.String()),
        sa.Column("address", JSONB()),
        _moment("created_at", is_now=True),
        _moment("asked_at"),
        _moment("ordered_at"),
        _moment("withdrawn_at"),
        _moment("sent_at"),
        sa.CheckConstraint(STATUS, name=op.f("ck_orders_status")),
        sa.ForeignKeyConstraint(
            ["cart_id"], ["carts.id"], op.f("fk_orders_cart_id_carts"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
        sa.UniqueConstraint("session_id", name=op.f("uq_orders_session_id")),
    )
    op.create_index(op.f("ix_orders_cart_id"), "orders", ["cart_id"])
    op.create_index(
        op.f("uq_orders_open_cart_id"),
        "orders",
        ["cart_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(op.f("ix_orders_newest"), "orders", ["created_at", "id"])
    op.create_index(op.f("ix_orders_email"), "orders", [sa.text("lower(email)")])
    op.create_table(
        "order_items",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("image", sa.String()),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], op.f("fk_order_items_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], op.f("fk_order_items_product_id_products")
        ),
        sa.PrimaryKeyConstraint("order_id", "product_id", name=op.f("pk_order_items")),
    )
    op.create_table(
        "withdrawals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid()),
        sa.Column("number", sa.String()),
        sa.Column("name", sa.String()),
        sa.Column("email", sa.String()),
        sa.Column("statement", sa.String()),
        _moment("received_at", is_now=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], op.f("fk_withdrawals_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawals")),
    )
    op.create_index(op.f("ix_withdrawals_order_id"), "withdrawals", ["order_id"])
    op.create_index(op.f("ix_withdrawals_email"), "withdrawals", [sa.text("lower(email)")])
    op.create_table(
        "stripe_events",
        sa.Column("id", sa.String(), nullable=False),
        _moment("received_at", is_now=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_events")),
    )
    op.create_index(op.f("ix_stripe_events_received_at"), "stripe_events", ["received_at"])


def downgrade() -> None:
    for table in ("stripe_events", "withdrawals", "order_items", "orders"):
        op.drop_table(table)


def _moment(name: str, *, is_now: bool = False) -> sa.Column[datetime]:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=sa.func.now() if is_now else None,
        nullable=not is_now,
    )
