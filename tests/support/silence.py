"""A TCP proxy that can go silent, answer late, or refuse; silent, it keeps what it has open."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from support.running_store import HOST, free_port

PATIENCE_SECONDS = 10


@dataclass(eq=False)
class Connection:
    """A client's connection, and the one to the server behind it."""

    silent: bool
    writers: list[asyncio.StreamWriter] = field(default_factory=list)


class Proxy:
    """Passes on what clients and a port of this machine say to each other, in a thread."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self.delay_seconds = 0.0
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open: set[Connection] = set()
        self._silent_from_now_on = False
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        """Close everything."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_SECONDS)
        self._loop.close()

    @property
    def talking(self) -> int:
        """Return how many connections are open and answer."""
        return len([connection for connection in [*self._open] if not connection.silent])

    def silence_live(self) -> int:
        """Let nothing through any more on the connections that are open; return how many."""
        talking = self.talking
        for connection in [*self._open]:
            connection.silent = True
        return talking

    def silence_new(self, silent: bool) -> None:
        """Take connections from now on and say nothing, or serve them again."""
        self._silent_from_now_on = silent

    def refuse(self, refused: bool) -> None:
        """End every connection and take none, or take them again."""
        self._run(self._end() if refused else self._listen())

    def _run(self, doing: object) -> None:
        assert asyncio.iscoroutine(doing)
        asyncio.run_coroutine_threadsafe(doing, self._loop).result(PATIENCE_SECONDS)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self.port)

    async def _end(self) -> None:
        self._server.close()
        for connection in [*self._open]:
            for writer in connection.writers:
                writer.close()
        for task in [*self._tasks]:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self._silent_from_now_on, [writer])
        self._open.add(connection)
        try:
            if connection.silent:
                await reader.read()
                return
            answers, server = await asyncio.open_connection(HOST, self._target)
            connection.writers.append(server)
            ways = [
                asyncio.ensure_future(self._pass_on(connection, reader, server)),
                asyncio.ensure_future(self._pass_on(connection, answers, writer, late=True)),
            ]
            self._tasks |= {*ways}
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
                self._tasks.discard(way)
        except OSError:
            pass  # the server is down, which the client sees by the end of its connection
        finally:
            self._open.discard(connection)
            for each in connection.writers:
                each.close()

    async def _pass_on(
        self,
        connection: Connection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        late: bool = False,
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await asyncio.sleep(self.delay_seconds if late else 0)
                if not connection.silent:
                    writer.write(data)
                    await writer.drain()
