"""Looking into a database from the command line, without making one by accident."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from leadexec.errors import ConfigurationError, NotFoundError
from leadexec.settings import Settings
from leadexec.storage.database import open_database
from leadexec.storage.migrations import status
from leadexec.storage.owners import KERNEL_OWNER
from leadexec.storage.store import Store


def absent_file(settings: Settings) -> Path | None:
    """Return the file of the embedded database if it is not there yet, else None."""
    try:
        url = make_url(settings.database_url)
    except ArgumentError:
        return None  # told with its own words when it is opened
    if url.drivername != "sqlite" or not url.database or url.database == ":memory:":
        return None
    file = Path(url.database)
    return None if file.exists() else file


async def demand_database(settings: Settings) -> None:
    """Raise unless the database is there, with the tables of this version.

    Raises:
        NotFoundError: ``no_database``.
        ConfigurationError: ``upgrade_needed``, ``newer_database``.
        UnavailableError: It does not answer.
    """
    async with open_store(settings):
        pass


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """Open the database that a running system uses, to read or change it beside that.

    Raises:
        NotFoundError: ``no_database``.
        ConfigurationError: ``upgrade_needed``, ``newer_database``.
        UnavailableError: It does not answer.
    """
    refuse_absent(settings)
    store = Store(open_database(settings.database_url, settings.storage))
    try:
        (kernel, *_) = await status(store.database, [KERNEL_OWNER])
        if kernel.pending:
            message = "The database's tables are older than this version; run 'leadexec db upgrade'"
            raise ConfigurationError.single("upgrade_needed", "database", f"{message}.")
        yield store
    finally:
        await store.aclose()


def refuse_absent(settings: Settings) -> None:
    """Raise if the embedded database has not been made yet.

    Raises:
        NotFoundError: ``no_database``.
    """
    file = absent_file(settings)
    if file is not None:
        raise NotFoundError(
            "no_database",
            f"There is no database at {file}.",
            "'leadexec serve' makes it; or name your settings file with --config.",
        )
