"""What several tests do with PostgreSQL itself."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.db import asyncpg_url


@contextmanager
def holding(url: str, statement: str) -> Iterator[None]:
    """Keep a transaction open that has done something."""
    engine = create_async_engine(asyncpg_url(url))
    with asyncio.Runner() as runner:
        connection = runner.run(engine.connect().start())
        try:
            runner.run(connection.execute(text(statement)))
            yield
        finally:
            runner.run(connection.close())
            runner.run(engine.dispose())
