"""Give products a category, materials, dimensions, stock and more pictures.

The release that runs meanwhile knows none of the columns: each may be empty or has a default, which
PostgreSQL keeps beside the table instead of writing it into every row. It can be run again from the
start after it was interrupted.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision: str = "0003"
down_revision: str | None = "0002"

INDEX = "ix_products_category"
STOCK = "ck_products_stock"
# The index waits for every transaction that is under way, and nobody waits behind it.
INDEX_LOCK_TIMEOUT = "5min"

COLUMNS = (
    ("image_alt", sa.String(), ""),
    ("gallery", JSONB(), "[]"),
    ("category", sa.String(), None),
    ("materials", ARRAY(sa.String()), "{}"),
    ("dimensions", JSONB(), None),
    ("stock", sa.Integer(), None),
)


def upgrade() -> None:
    for name, kind, default in COLUMNS:
        column = sa.Column(name, kind, server_default=default, nullable=default is None)
        op.add_column("products", column, if_not_exists=True)
    op.execute(f"ALTER TABLE products DROP CONSTRAINT IF EXISTS {STOCK}")
    # Whether the rows that are there keep to it is looked up below, while they can be changed.
    op.create_check_constraint(op.f(STOCK), "products", "stock >= 0", postgresql_not_valid=True)
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE products VALIDATE CONSTRAINT {STOCK}")
        op.execute(f"SET lock_timeout = '{INDEX_LOCK_TIMEOUT}'")
        # One that was interrupted is there and not valid.
        op.drop_index(INDEX, "products", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            op.f(INDEX),
            "products",
            ["category", "created_at", "id"],
            postgresql_concurrently=True,
        )
        op.execute("RESET lock_timeout")


def downgrade() -> None:
    op.drop_index(INDEX, "products")
    op.drop_constraint(op.f(STOCK), "products")
    for name, _, _ in reversed(COLUMNS):
        op.drop_column("products", name)
