"""A database opened from its URL: SQLite in a file (the default) or PostgreSQL."""

import abc
from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

from msgspec import Meta, Struct
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from leadexec.errors import ConfigurationError
from leadexec.storage.batches import Ticket
from leadexec.storage.columns import from_json, to_json

T = TypeVar("T")

JSON_OPTIONS: Final[dict[str, Any]] = {"json_serializer": to_json, "json_deserializer": from_json}
"""For every engine: JSON columns are written and read by msgspec."""


class StorageSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How the database is used; the defaults fit one server of a few cores."""

    readers: Annotated[
        int, Meta(title="Readers", description="Connections for reading", ge=1, le=64)
    ] = 4
    writers: Annotated[
        int,
        Meta(
            title="Writers",
            description="Connections for group commit; SQLite always has one",
            ge=1,
            le=8,
        ),
    ] = 1
    batch: Annotated[
        int, Meta(title="Batch", description="Most commands in one commit", ge=1, le=1024)
    ] = 64
    waiting: Annotated[
        int,
        Meta(
            title="Waiting",
            description="Most commands that wait; whoever comes then is told to try again",
            ge=1,
        ),
    ] = 4096
    busy_seconds: Annotated[
        float,
        Meta(
            title="Busy timeout",
            description="How long SQLite waits for another process that writes, in seconds",
            gt=0,
        ),
    ] = 5.0
    command_seconds: Annotated[
        float,
        Meta(
            title="Command timeout",
            description="How long PostgreSQL may take for one statement, in seconds",
            gt=0,
        ),
    ] = 60.0


class Database(abc.ABC):
    """Transactions on one database; belongs to the event loop that first uses it.

    Every function given to it is an ordinary function of a ``sqlalchemy.Connection``: it begins
    and commits nothing itself, and runs outside the event loop's reach, so it must not await.
    """

    dialect: str
    """``sqlite`` or ``postgresql``."""
    shown_url: str
    """The URL without its password."""

    @abc.abstractmethod
    async def read(self, question: Callable[[Connection], T]) -> T:
        """Run ``question`` on one unchanging state of the database; writing is refused.

        Raises:
            UnavailableError: ``database_unavailable``.
        """

    @abc.abstractmethod
    async def change(self, act: Callable[[Connection], T]) -> T:
        """Run ``act`` in a write transaction of its own and commit; roll back if it raises.

        ``act`` may be run again when transactions crossed on PostgreSQL.

        Raises:
            UnavailableError: ``database_unavailable``, or ``outcome_unknown`` if the database
                went away during the commit.
        """

    @abc.abstractmethod
    async def maintain(self, act: Callable[[Connection], T]) -> T:
        """Run ``act`` alone among all processes that maintain this database (migrations).

        On SQLite foreign keys are not enforced while tables are rebuilt, but checked at the end.

        Raises:
            UnavailableError: ``database_unavailable``.
        """

    @abc.abstractmethod
    def submit(self, ticket: Ticket) -> None:
        """Queue a command for group commit; its future is answered after the commit."""

    @abc.abstractmethod
    async def aclose(self) -> None:
        """Finish what is queued, then let go of every connection and thread."""


def open_database(url: str, settings: StorageSettings | None = None) -> Database:
    """Return the database at ``url``; nothing is connected before the first use.

    Args:
        url: ``sqlite:///relative/or//absolute/file.sqlite3`` or
            ``postgresql://user:password@host:5432/name``.
        settings: Sizes and timeouts; the defaults fit one server.

    Raises:
        ConfigurationError: ``invalid_database_url``.
    """
    from leadexec.storage.postgresql import PostgresqlDatabase  # noqa: PLC0415  they need Database
    from leadexec.storage.sqlite import SqliteDatabase  # noqa: PLC0415

    settings = settings or StorageSettings()
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is not None and parsed.drivername == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            return SqliteDatabase(parsed, settings)
    elif parsed is not None and parsed.get_backend_name() == "postgresql":
        return PostgresqlDatabase(parsed, settings)
    raise ConfigurationError.single(
        "invalid_database_url",
        "database",
        "The database is sqlite:///path/to/file.sqlite3 or postgresql://user@host:5432/name.",
    )
