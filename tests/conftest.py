"""Databases for the whole suite: each test that asks for ``database`` runs on both kinds.

SQLite is a copy of a migrated file; PostgreSQL a database of the worker's own, emptied after each
test. Without a server the tests on PostgreSQL are skipped, unless LEADEXEC_REQUIRE_SERVICES=1.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy.engine import make_url

from leadexec.storage.database import Database, open_database
from leadexec.storage.migrations import upgrade
from leadexec.storage.owners import KERNEL_OWNER
from leadexec.storage.store import Store

SERVER = os.environ.get("LEADEXEC_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
"""The server of the tests on PostgreSQL; its user may create databases."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio."""
    return "asyncio"


async def _administer(*statements: str) -> None:
    connection = await asyncpg.connect(SERVER, timeout=10)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _migrate(url: str) -> None:
    database = open_database(url)
    try:
        await upgrade(database, [KERNEL_OWNER])
    finally:
        await database.aclose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


async def _reset(url: str) -> None:
    """Make a used database fresh again: dropping it would force a checkpoint."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        names = [row[0] for row in await connection.fetch(_TABLES)]
        kernel = {table.name for table in KERNEL_OWNER.tables}
        extra = [f'"{name}"' for name in names if name not in kernel]
        if extra:
            await connection.execute(f"DROP TABLE {', '.join(extra)} CASCADE")
        questions = [f"SELECT '{n}' WHERE EXISTS (SELECT 1 FROM \"{n}\")" for n in kernel]
        used = [f'"{row[0]}"' for row in await connection.fetch(" UNION ALL ".join(questions))]
        if used:
            await connection.execute(f"TRUNCATE {', '.join(used)} CASCADE")
        for row in await connection.fetch(_SEQUENCES):
            await connection.execute(f'ALTER SEQUENCE "{row[0]}" RESTART')
    finally:
        await connection.close()


_TABLES = (
    "SELECT tablename FROM pg_tables "
    "WHERE schemaname = 'public' AND tablename <> 'alembic_version_kernel'"
)
_SEQUENCES = (
    "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
)


def _create_postgresql() -> tuple[str, Callable[[], None]]:
    """Return the URL of a new database, and what drops it; skips when no server answers."""
    name = f"leadexec_test_{uuid4().hex[:12]}"
    try:
        asyncio.run(_administer(f'CREATE DATABASE "{name}"'))
    except (OSError, asyncpg.PostgresError) as error:
        reason = f"No PostgreSQL at LEADEXEC_TEST_POSTGRESQL ({make_url(SERVER)!r}): {error}"
        if os.environ.get("LEADEXEC_REQUIRE_SERVICES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    url = make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    return url, lambda: asyncio.run(_administer(drop))


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A migrated PostgreSQL database of this worker, reset after each test that uses it."""
    url, drop = _create_postgresql()
    try:
        asyncio.run(_migrate(url))
        yield url
    finally:
        drop()


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def database_kind(request: pytest.FixtureRequest) -> str:
    """``sqlite``, then ``postgresql``."""
    return str(request.param)


@pytest.fixture
def database_url(
    database_kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The URL of a fresh, migrated database of either kind."""
    if database_kind == "sqlite":
        path = tmp_path / "leadexec.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("postgresql_url")
        yield url
        asyncio.run(_reset(url))


@pytest.fixture
def empty_database_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a new database of either kind, without any table."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.sqlite3"
    else:
        url, drop = _create_postgresql()
        yield url
        drop()


@pytest.fixture
async def database(database_url: str, anyio_backend: Any) -> AsyncIterator[Database]:
    """A fresh, migrated database of either kind, open."""
    opened = open_database(database_url)
    yield opened
    await opened.aclose()


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    """A store on a fresh, migrated database of either kind."""
    opened = Store(database)
    yield opened
    await opened.aclose()
