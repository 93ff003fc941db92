from sqlalchemy import URL, MetaData, make_url
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase

from app.settings import Settings

# Held in PostgreSQL while a release migrates; any number will do that stays the same.
MIGRATION_LOCK = 7_041_512_336


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


Sessions = async_sessionmaker[AsyncSession]


def asyncpg_url(url: str) -> URL:
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    # asyncpg's name for libpq's sslmode, which addresses from outside the host carry.
    if sslmode := parsed.query.get("sslmode"):
        parsed = parsed.difference_update_query(["sslmode"]).update_query_dict({"ssl": sslmode})
    return parsed


def create_engine(settings: Settings) -> AsyncEngine:
    return create_async_engine(
        asyncpg_url(settings.database_url.get_secret_value()),
        pool_size=settings.database_pool_size,
        # The plan's connections are divided among the processes: none may take more than its share.
        max_overflow=0,
        # Too many requests at once are refused before they begin, and not in the middle.
        pool_timeout=5,
        # A failover leaves dead connections in the pool.
        pool_pre_ping=True,
        # Errors are logged, and parameters are customers' data.
        hide_parameters=True,
        # PgBouncer in transaction mode hands one server connection to many clients in turn, so no
        # prepared statement may outlive its transaction: not in a cache, and not under a name,
        # because the command that frees the name can reach a different server connection.
        connect_args={
            "timeout": 5,
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: "",
        },
    )
