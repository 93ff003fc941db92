"""PostgreSQL: one pool of connections for each process, directly or through PgBouncer.

Each wait has a deadline, because a connection may go silent without an end: its peer has vanished,
or something between them drops what it carries.
"""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL, event, func, make_url, select
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, PoolProxiedConnection

from .key_value import KEEPALIVE

POOL_SECONDS = 5
CONNECT_SECONDS = 5
PING_SECONDS = 2
# PostgreSQL's own: longer than requests wait behind a migration that waits for a table.
STATEMENT_SECONDS = 4
# In a transaction, and PostgreSQL's own too: longer than any request lasts.
IDLE_SECONDS = 10
# Longer than a statement may take: by now PostgreSQL would have said so.
ANSWER_SECONDS = 5

# Of migrations, which have none of the limits above.
MIGRATION_CONNECT_SECONDS = 10
# Held in PostgreSQL while a release migrates; any number will do that stays the same.
MIGRATION_LOCK = 7_041_512_336
# For another release to finish.
TURN_SECONDS = 300.0
POLL_SECONDS = 0.5
# While a migration waits for a table, all requests for that table wait behind it.
TABLE_LOCK_TIMEOUT = "3s"


def asyncpg_url(url: str) -> URL:
    """Return a postgresql:// address as SQLAlchemy wants it for asyncpg."""
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    # asyncpg's name for libpq's sslmode, which addresses from outside the host carry.
    if sslmode := parsed.query.get("sslmode"):
        parsed = parsed.difference_update_query(["sslmode"]).update_query_dict({"ssl": sslmode})
    return parsed


def create_engine(url: str, pool_size: int) -> AsyncEngine:
    """Return a pool of at most that many connections; none is opened yet."""
    engine = create_async_engine(
        asyncpg_url(url),
        pool_size=pool_size,
        # The plan's connections are divided among the processes: none may take more than its share.
        max_overflow=0,
        # Too many requests at once are refused before they begin, and not in the middle.
        pool_timeout=POOL_SECONDS,
        # Errors are logged, and parameters are customers' data.
        hide_parameters=True,
        # PgBouncer in transaction mode hands one server connection to many clients in turn, so no
        # prepared statement may outlive its transaction: not in a cache, and not under a name,
        # because the command that frees the name can reach a different server connection.
        connect_args={
            "connection_class": _Connection,
            "timeout": CONNECT_SECONDS,
            "command_timeout": ANSWER_SECONDS,
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: "",
        },
    )
    event.listen(engine.sync_engine, "checkout", _ping)
    event.listen(engine.sync_engine, "close", _close_at_once)
    event.listen(engine.sync_engine, "handle_error", _end_what_is_silent)
    return engine


@asynccontextmanager
async def migration_turn(seconds: float = TURN_SECONDS) -> AsyncIterator[AsyncConnection]:
    """Return a connection that goes past any pool, once no other release migrates.

    End the process where the database does not answer, or the other release takes too long.
    """
    # A migration takes locks that outlive one transaction.
    url = os.environ.get("DATABASE_DIRECT_URL")
    if not url:
        raise SystemExit(
            "DATABASE_DIRECT_URL is not set: PostgreSQL for migrations, past any connection pool."
        )
    engine = create_async_engine(
        asyncpg_url(url),
        poolclass=NullPool,
        connect_args={
            "timeout": MIGRATION_CONNECT_SECONDS,
            "server_settings": {"lock_timeout": TABLE_LOCK_TIMEOUT},
        },
    )
    try:
        connection = await engine.connect()
    except (OSError, DBAPIError) as error:
        reason = str(getattr(error, "orig", error)) or "it does not answer"
        raise SystemExit(f"The database cannot be reached: {reason}.") from None
    try:
        await _await_turn(connection, seconds)
        yield connection
    finally:
        await connection.close()


async def _await_turn(connection: AsyncConnection, seconds: float) -> None:
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


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    def __init__(self, protocol: Any, transport: Any, *rest: Any) -> None:
        super().__init__(protocol, transport, *rest)
        peer = transport.get_extra_info("socket")
        if peer.family != socket.AF_UNIX:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in KEEPALIVE.items():
                peer.setsockopt(socket.IPPROTO_TCP, option, value)

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        # With the command that begins a transaction, which costs no round trip. PgBouncer refuses
        # these settings where a connection starts, and would keep them for whoever comes next.
        if query.startswith("BEGIN"):
            query += (
                f" SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s';"
                f" SET LOCAL idle_in_transaction_session_timeout = '{IDLE_SECONDS}s';"
            )
        status: str = await super().execute(query, *args, timeout=timeout)
        return status


def _ping(
    connection: DBAPIConnection, record: ConnectionPoolEntry, _: PoolProxiedConnection
) -> None:
    """Have the pool replace all its connections when the one that it gives out is dead.

    SQLAlchemy's own `pool_pre_ping` takes three round trips, and a silent connection for an error
    of the request.
    """
    # What the record holds is forgotten with the connection. A new one needs no question.
    if "used" not in record.info:
        record.info["used"] = True
        return
    try:
        connection.run_async(lambda driver: driver.execute("SELECT 1", timeout=PING_SECONDS))
    except Exception as error:
        connection.driver_connection.terminate()
        raise InvalidatePoolError from error


def _close_at_once(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Close without a goodbye, whose answer would be waited for, unless a statement may run."""
    driver = connection.driver_connection
    if not driver.is_closed() and not driver.is_in_transaction():
        driver.terminate()


def _end_what_is_silent(context: ExceptionContext) -> None:
    """Have the pool replace all its connections when one of them did not answer in time."""
    held = context.connection
    if isinstance(context.original_exception, TimeoutError) and held and not held.invalidated:
        # To close it in order would take another wait.
        if driver := held.connection.driver_connection:
            driver.terminate()
        context.is_disconnect = True
