"""What every table has in common."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

# Held in PostgreSQL while a release migrates, and while somebody chooses the orders of which Stripe
# is asked; any numbers will do that stay the same.
MIGRATION_LOCK = 7_041_512_336
RECONCILIATION_LOCK = 7_041_512_337


class Base(DeclarativeBase):
    # Constraints need a name of their own, or a later migration cannot drop them.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
