import asyncio
import os
from logging.config import fileConfig

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app import models  # noqa: F401 - registers the tables
from app.db import Base, asyncpg_url


def _database_url() -> str:
    # Past any connection pool: a migration takes locks that outlive one transaction.
    url = os.environ.get("DATABASE_DIRECT_URL")
    if not url:
        raise SystemExit(
            "DATABASE_DIRECT_URL is not set: PostgreSQL for migrations, past any connection pool."
        )
    return url


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


async def _connect_and_migrate(url: str) -> None:
    engine = create_async_engine(asyncpg_url(url), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate)
    await engine.dispose()


if context.config.config_file_name:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)
asyncio.run(_connect_and_migrate(_database_url()))
