"""Databases for the list: SQLite in memory, and PostgreSQL with the tables that leadexec makes.

Without a server the tests on PostgreSQL are skipped, unless LEADEXEC_REQUIRE_SERVICES=1.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
import msgspec
import pytest
from leadexec_validate_dnc.entries import DncHit, DncNumber
from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from leadexec import Storage
from leadexec.testing import FakeStorage

T = TypeVar("T")
SERVER = os.environ.get("LEADEXEC_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")


def to_json(value: object) -> str:
    """Write what an audit row holds, as the kernel's own engines do."""
    return msgspec.json.encode(value).decode()


NAMES = {"validate_dnc__numbers": "plugin__numbers", "validate_dnc__hits": "plugin__hits"}


class PostgresqlStorage(FakeStorage):
    """A ``Storage`` on a server; tables are named as ``FakeStorage`` names them."""

    def __init__(self, url: str) -> None:
        super().__init__(DncNumber, DncHit)
        driver = make_url(url).set(drivername="postgresql+asyncpg")
        self._server = create_async_engine(driver, poolclass=NullPool, json_serializer=to_json)

    async def read(self, question: Callable[[Connection], T]) -> T:
        async with self._server.connect() as connection:
            return await connection.run_sync(question)

    async def change(self, act: Callable[[Connection], T]) -> T:
        async with self._server.begin() as connection:
            return await connection.run_sync(act)


def run_leadexec(*words: str, data: Path, database: str = "") -> str:
    """Run a command to its end and return what it prints."""
    command = [sys.executable, "-m", "leadexec", *words]
    ended = subprocess.run(
        command, env=environment(data, database), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def environment(data: Path, database: str = "") -> dict[str, str]:
    """Return the environment of a system of its own, with this plugin alone."""
    return os.environ | {
        "LEADEXEC_DATA": str(data),
        "LEADEXEC_DATABASE": database,
        "LEADEXEC_PLUGINS__ONLY": '["validate-dnc"]',
    }


async def administer(*statements: str, url: str = SERVER) -> None:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def new_postgresql() -> tuple[str, Callable[[], None]]:
    """Return the URL of a new database, and what drops it; skips when no server answers."""
    name = f"leadexec_test_{uuid4().hex[:12]}"
    try:
        asyncio.run(administer(f'CREATE DATABASE "{name}"'))
    except (OSError, asyncpg.PostgresError) as error:
        if os.environ.get("LEADEXEC_REQUIRE_SERVICES") == "1":
            pytest.fail(f"No PostgreSQL: {error}")
        pytest.skip(f"No PostgreSQL: {error}")
    url = make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    return url, lambda: asyncio.run(administer(drop))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def audited() -> Iterator[None]:
    """Let fake storages write audit rows, which hold times."""
    engine = partial(create_engine, json_serializer=to_json)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("leadexec.testing.fakes.create_engine", engine)
        yield


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with all tables, those of the list under the names that fakes use."""
    url, drop = new_postgresql()
    try:
        run_leadexec("db", "upgrade", data=tmp_path_factory.mktemp("data"), database=url)
        renamed = [f"ALTER TABLE {old} RENAME TO {new}" for old, new in NAMES.items()]
        asyncio.run(administer(*renamed, url=url))
        yield url
    finally:
        drop()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def storage(database: str, request: pytest.FixtureRequest) -> Iterator[Storage]:
    """An empty list on either kind of database."""
    if database == "sqlite":
        yield FakeStorage(DncNumber, DncHit)
        return
    url = request.getfixturevalue("postgresql_url")
    yield PostgresqlStorage(url)
    emptied = f"TRUNCATE {', '.join(NAMES.values())} RESTART IDENTITY"
    asyncio.run(administer(emptied, url=url))


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """A running server of its own, and the variables that lead the commands there."""
    data = tmp_path_factory.mktemp("data")
    url, drop = new_postgresql() if request.param == "postgresql" else ("", lambda: None)
    command = [sys.executable, "-m", "leadexec", "serve", "--port", "0"]
    try:
        credential = a_credential(data, url)
        with subprocess.Popen(
            command, env=environment(data, url), stdout=subprocess.PIPE, text=True
        ) as serving:
            try:
                assert serving.stdout is not None
                address = serving.stdout.readline().split()[-1]
                yield {"DNC_URL": address} | credential
            finally:
                serving.terminate()
    finally:
        drop()


def a_credential(data: Path, database: str) -> dict[str, str]:
    run_leadexec("db", "upgrade", data=data, database=database)
    words = ("credential", "new", "test", "--scope", "account_api", "--json")
    made = msgspec.json.decode(run_leadexec(*words, data=data, database=database))
    return {"DNC_CLIENT_ID": made["client_id"], "DNC_CLIENT_SECRET": made["client_secret"]}
