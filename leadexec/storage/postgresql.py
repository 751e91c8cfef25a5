"""PostgreSQL through asyncpg: pools for reading and changing, own connections for group commit."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, NullPool, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from leadexec.errors import UnavailableError
from leadexec.storage.batches import TRIES, Ticket, answer, fail_all, run_batch
from leadexec.storage.database import JSON_OPTIONS, Database, StorageSettings
from leadexec.storage.failures import is_away, is_crossed, unavailable

T = TypeVar("T")
CONNECT_SECONDS: Final = 10.0
MAINTENANCE_LOCK: Final = 0x6C656164  # "lead": any number that nobody else uses


def _engine(url: URL, server: dict[str, str], seconds: float | None, **pool: Any) -> AsyncEngine:
    options = {"timezone": "UTC", "application_name": "leadexec", **server}
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        connect_args={
            "timeout": CONNECT_SECONDS,
            "command_timeout": seconds,
            "server_settings": options,
        },
        **pool,
        **JSON_OPTIONS,
    )


class PostgresqlDatabase(Database):
    """A server. Readers see one state per question; writers commit whole batches."""

    dialect = "postgresql"

    def __init__(self, url: URL, settings: StorageSettings) -> None:
        """Describe the database; connections and tasks come with the first use."""
        self.shown_url = url.render_as_string(hide_password=True)
        self._url = url
        self._batch = settings.batch
        self._most_writers = settings.writers
        seconds = settings.command_seconds
        pool = {"pool_pre_ping": True, "max_overflow": 4}
        steady = {
            "default_transaction_read_only": "on",
            "default_transaction_isolation": "repeatable read",
        }
        own = settings.readers + settings.writers  # the writers keep theirs
        self._reading = _engine(url, steady, seconds, pool_size=settings.readers, **pool)
        # What is written on a lead's way is found by its key. Plans made while the tables were
        # empty would scan them for ever after: connections keep theirs as long as they live.
        keyed = {"enable_seqscan": "off"}
        self._writing = _engine(url, keyed, seconds, pool_size=own, **pool)
        self._waiting: deque[Ticket] = deque()
        self._arrived = asyncio.Event()
        self._writers: list[asyncio.Task[None]] = []
        self._closed = False

    async def read(self, question: Callable[[Connection], T]) -> T:
        """Run ``question`` in a read-only transaction that sees one snapshot."""
        self._refuse_if_closed()
        try:
            async with self._reading.connect() as connection:
                return await connection.run_sync(question)
        except Exception as error:
            if is_away(error, reading=True):
                raise unavailable(error) from error
            raise

    async def change(self, act: Callable[[Connection], T]) -> T:
        """Run ``act`` in a transaction, again while it crosses others."""
        self._refuse_if_closed()
        attempt = 1
        while True:
            try:
                return await self._change_once(act)
            except Exception as error:
                if is_crossed(error) and attempt < TRIES:
                    attempt += 1
                    continue
                if is_crossed(error) or is_away(error):
                    raise unavailable(error) from error
                raise

    async def _change_once(self, act: Callable[[Connection], T]) -> T:
        async with self._writing.connect() as connection:
            result = await connection.run_sync(act)
            try:
                await connection.commit()
            except Exception as error:
                if is_away(error):
                    raise unavailable(error, committing=True) from error
                raise
            return result

    async def maintain(self, act: Callable[[Connection], T]) -> T:
        """Run ``act`` while holding the advisory lock of maintenance."""
        self._refuse_if_closed()
        engine = _engine(self._url, {}, None, poolclass=NullPool)
        try:
            async with engine.begin() as connection:
                await connection.execute(
                    text("SELECT pg_advisory_xact_lock(:key)"), {"key": MAINTENANCE_LOCK}
                )
                return await connection.run_sync(act)
        except Exception as error:
            if is_away(error):
                raise unavailable(error) from error
            raise
        finally:
            await engine.dispose()

    def submit(self, ticket: Ticket) -> None:
        """Queue a command for whichever writer is free first."""
        self._refuse_if_closed()
        self._waiting.append(ticket)
        self._arrived.set()
        if len(self._writers) < self._most_writers:
            self._writers.append(asyncio.create_task(self._write(), name="leadexec-writer"))

    async def aclose(self) -> None:
        """Let the writers finish the queue, then close everything."""
        if self._closed:
            return
        self._closed = True
        self._arrived.set()
        await asyncio.gather(*self._writers)
        await self._reading.dispose()
        await self._writing.dispose()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise UnavailableError("closed", "The database is being closed.")

    async def _write(self) -> None:
        """A writer: while its batch commits, the next one gathers."""
        connection: AsyncConnection | None = None
        while await self._something_waits():
            size = min(len(self._waiting), self._batch)
            tickets = [self._waiting.popleft() for _ in range(size)]
            try:
                if connection is None:
                    connection = await self._writing.connect()
                await connection.run_sync(run_batch, tickets)
            except Exception as error:  # noqa: BLE001  the writer outlives it, the callers hear it
                fail_all(tickets, unavailable(error) if is_away(error) else error)
            answer(tickets)
        if connection is not None:
            await connection.close()

    async def _something_waits(self) -> bool:
        while not self._waiting:
            if self._closed:
                return False
            self._arrived.clear()
            await self._arrived.wait()
        return True
