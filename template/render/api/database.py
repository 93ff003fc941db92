"""PostgreSQL: one pool of connections for each process, directly or through PgBouncer."""

from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

POOL_SECONDS = 5
CONNECT_SECONDS = 5


def asyncpg_url(url: str) -> URL:
    """Return a postgresql:// address as SQLAlchemy wants it for asyncpg."""
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    # asyncpg's name for libpq's sslmode, which addresses from outside the host carry.
    if sslmode := parsed.query.get("sslmode"):
        parsed = parsed.difference_update_query(["sslmode"]).update_query_dict({"ssl": sslmode})
    return parsed


def create_engine(url: str, pool_size: int) -> AsyncEngine:
    """Return a pool of at most that many connections; none is opened yet."""
    return create_async_engine(
        asyncpg_url(url),
        pool_size=pool_size,
        # The plan's connections are divided among the processes: none may take more than its share.
        max_overflow=0,
        # Too many requests at once are refused before they begin, and not in the middle.
        pool_timeout=POOL_SECONDS,
        # A failover leaves dead connections in the pool.
        pool_pre_ping=True,
        # Errors are logged, and parameters are customers' data.
        hide_parameters=True,
        # PgBouncer in transaction mode hands one server connection to many clients in turn, so no
        # prepared statement may outlive its transaction: not in a cache, and not under a name,
        # because the command that frees the name can reach a different server connection.
        connect_args={
            "timeout": CONNECT_SECONDS,
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: "",
        },
    )
