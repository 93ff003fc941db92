import asyncio
import logging
import os
import time

from alembic import context
from render.api.database import asyncpg_url
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

# Each registers its tables.
import app.cart.models
import app.orders.models
import app.products.models
import app.uploads.models  # noqa: F401
from app.db import MIGRATION_LOCK, Base

CONNECT_SECONDS = 10
# For another release to finish; alembic -x turn_seconds=N sets another.
TURN_SECONDS = 300
POLL_SECONDS = 0.5
# While a migration waits for a table, all requests for that table wait behind it.
TABLE_LOCK_TIMEOUT = "3s"


def _database_url() -> str:
    # Past any connection pool: a migration takes locks that outlive one transaction.
    url = os.environ.get("DATABASE_DIRECT_URL")
    if not url:
        raise SystemExit(
            "DATABASE_DIRECT_URL is not set: PostgreSQL for migrations, past any connection pool."
        )
    return url


async def _connect(engine: AsyncEngine) -> AsyncConnection:
    try:
        return await engine.connect()
    except (OSError, DBAPIError) as error:
        reason = str(getattr(error, "orig", error)) or "it does not answer"
        raise SystemExit(f"The database cannot be reached: {reason}.") from None


async def _take_turn(connection: AsyncConnection) -> None:
    """Let one release migrate at a time; the lock ends with the connection."""
    seconds = float(context.get_x_argument(as_dictionary=True).get("turn_seconds", TURN_SECONDS))
    deadline = time.monotonic() + seconds
    # Asked again and again: a statement that waits has a snapshot, for whose end the other
    # release's CREATE INDEX CONCURRENTLY would wait in turn.
    while not await connection.scalar(select(func.pg_try_advisory_lock(MIGRATION_LOCK))):
        await connection.commit()
        if time.monotonic() > deadline:
            raise SystemExit(
                f"Another release has been migrating for {seconds:g} s: deploy again after it."
            )
        await asyncio.sleep(POLL_SECONDS)
    await connection.commit()


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


async def _connect_and_migrate(url: str) -> None:
    engine = create_async_engine(
        asyncpg_url(url),
        poolclass=NullPool,
        connect_args={
            "timeout": CONNECT_SECONDS,
            "server_settings": {"lock_timeout": TABLE_LOCK_TIMEOUT},
        },
    )
    connection = await _connect(engine)
    try:
        await _take_turn(connection)
        await connection.run_sync(_migrate)
    finally:
        await connection.close()


logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
logging.getLogger("alembic").setLevel(logging.INFO)
asyncio.run(_connect_and_migrate(_database_url()))
