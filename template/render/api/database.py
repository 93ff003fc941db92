"""PostgreSQL: one pool of connections for each process, directly or through PgBouncer.

Each wait has a deadline, because a connection may go silent without an end: its peer has vanished,
or something between them drops what it carries.
"""

import socket
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

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
