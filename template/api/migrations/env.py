import asyncio
import logging

from alembic import context
from render.api.database import TURN_SECONDS, migration_turn
from sqlalchemy import Connection

# Each registers its tables.
import app.cart.models
import app.orders.models
import app.products.models
import app.uploads.models  # noqa: F401
from app.db import Base


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


async def _migrate_in_turn() -> None:
    # alembic -x turn_seconds=N waits so long for another release.
    given = context.get_x_argument(as_dictionary=True)
    async with migration_turn(float(given.get("turn_seconds", TURN_SECONDS))) as connection:
        await connection.run_sync(_migrate)


logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
logging.getLogger("alembic").setLevel(logging.INFO)
asyncio.run(_migrate_in_turn())
