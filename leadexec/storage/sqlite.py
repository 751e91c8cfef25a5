"""SQLite: one writer thread, a few reader threads, in WAL with every commit synced to disk."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event

from leadexec.errors import UnavailableError
from leadexec.storage.batches import Ticket
from leadexec.storage.database import JSON_OPTIONS, Database, StorageSettings
from leadexec.storage.failures import answering
from leadexec.storage.sqlite_writer import Act, SqliteWriter

T = TypeVar("T")
MAINTENANCE_SECONDS: Final = 60.0


def _engine(url: URL, begin: str, *, readers: int = 0, seconds: float, keys: bool = True) -> Engine:
    """Return an engine whose transactions start with ``begin``; without ``readers`` it is one."""
    pool: dict[str, Any] = {"poolclass": NullPool}
    if readers:
        pool = {"poolclass": QueuePool, "pool_size": readers, "max_overflow": 0}
    engine = create_engine(
        url,
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": seconds},
        **pool,
        **JSON_OPTIONS,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA foreign_keys={'ON' if keys else 'OFF'}")
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute("PRAGMA cache_size=-32768")
        # Hot pages are written to the log again and again; copying them into the file every
        # 4 MB, as is the default, costs as much as the commits themselves.
        connection.execute("PRAGMA wal_autocheckpoint=8192")
        if readers:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


class SqliteDatabase(Database):
    """One file. All writes of this process pass through one thread, so none waits for a lock."""

    dialect = "sqlite"

    def __init__(self, url: URL, settings: StorageSettings) -> None:
        """Describe the database; threads and connections come with the first use."""
        self.shown_url = url.render_as_string(hide_password=True)
        self._url = url
        self._path = Path(str(url.database))
        seconds = settings.busy_seconds
        self._reading = _engine(url, "BEGIN", readers=settings.readers, seconds=seconds)
        self._writing = _engine(url, "BEGIN IMMEDIATE", seconds=seconds)
        self._readers = ThreadPoolExecutor(settings.readers, "leadexec-reader")
        self._writer = SqliteWriter(self._writing, settings.batch, seconds)
        self._closed = False

    async def read(self, question: Callable[[Connection], T]) -> T:
        """Run ``question`` in a reader thread."""
        self._refuse_if_closed()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._answer_question, question)

    def _answer_question(self, question: Callable[[Connection], T]) -> T:
        def ask() -> T:
            with self._reading.connect() as connection:
                return question(connection)

        return answering(ask, reading=True)

    async def change(self, act: Callable[[Connection], T]) -> T:
        """Run ``act`` in the writer thread; it goes through even if the caller is cancelled."""
        self._refuse_if_closed()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._writer.post(Act(act, future))
        return await future

    async def maintain(self, act: Callable[[Connection], T]) -> T:
        """Run ``act`` with the file locked for writing."""
        self._refuse_if_closed()
        return await asyncio.to_thread(lambda: answering(lambda: self._maintain(act)))

    def _maintain(self, act: Callable[[Connection], T]) -> T:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        engine = _engine(self._url, "BEGIN IMMEDIATE", seconds=MAINTENANCE_SECONDS, keys=False)
        with engine.begin() as connection:
            result = act(connection)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(5)
            if broken:
                message = f"References to missing rows in: {sorted({row[0] for row in broken})}"
                raise RuntimeError(message)
            return result

    def submit(self, ticket: Ticket) -> None:
        """Queue a command for the writer thread."""
        self._refuse_if_closed()
        self._writer.post(ticket)

    async def aclose(self) -> None:
        """Let the writer finish its queue, then close everything."""
        if self._closed:
            return
        self._closed = True
        await self._writer.aclose()
        await asyncio.to_thread(self._readers.shutdown)
        self._reading.dispose()
        self._writing.dispose()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise UnavailableError("closed", "The database is being closed.")
