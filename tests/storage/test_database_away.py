"""A database that goes away is told as such, and used again when it is back."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import Connection, insert, select, text

from leadexec import ConfigurationError, UnavailableError
from leadexec.storage.database import StorageSettings, open_database
from leadexec.storage.store import Store
from leadexec.storage.tables import turns

pytestmark = pytest.mark.anyio
NOBODY = "postgresql://nobody@127.0.0.1:1/nothing"


def add(connection: Connection, commands: Sequence[int]) -> Sequence[int]:
    connection.execute(insert(turns), [{"account_id": n, "turn": n} for n in commands])
    return commands


def count(connection: Connection) -> int:
    return len(connection.execute(select(turns.c.account_id)).all())


async def hang_up(url: str) -> None:
    """End every session of the database, as a restart of the server does."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()


@pytest.mark.postgresql
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=False)
async def test_after_a_restart_of_the_server_work_goes_on(store: Store, database_url: str) -> None:
    write = store.handle(int, add)
    await write(1)
    await store.read(count)
    await store.change(count)

    await hang_up(database_url)

    assert await write(2) == 2
    assert await store.read(count) == 2
    await hang_up(database_url)
    assert await store.change(count) == 2


@pytest.mark.postgresql
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=False)
async def test_a_session_that_ends_within_a_batch_costs_no_command(
    store: Store, database_url: str
) -> None:
    tries: list[int] = []

    def hang_up_once(connection: Connection, commands: Sequence[int]) -> Sequence[int]:
        add(connection, commands)
        tries.append(len(commands))
        if len(tries) == 1:
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return commands

    write = store.handle(int, hang_up_once)

    assert await write(1) == 1
    assert len(tries) == 2
    assert await store.read(count) == 1


@pytest.mark.postgresql
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=False)
async def test_transactions_that_crossed_are_run_again(store: Store, database_url: str) -> None:
    tries: list[int] = []

    def cross_twice(connection: Connection, commands: Sequence[int]) -> Sequence[int]:
        add(connection, commands)
        tries.append(len(commands))
        if len(tries) < 3:
            connection.execute(text("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"))
        return commands

    assert await store.handle(int, cross_twice)(1) == 1
    assert len(tries) == 3


END_AT_COMMIT = """
CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER hang_up AFTER INSERT ON turns DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION hang_up()
"""


@pytest.mark.postgresql
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=False)
@pytest.mark.parametrize("how", ["change", "write"])
async def test_nobody_is_told_what_a_broken_commit_did(
    store: Store, database_url: str, how: str
) -> None:
    tries: list[int] = []

    def insert_one(connection: Connection, commands: Sequence[int] = (1,)) -> Sequence[int]:
        tries.append(1)
        return add(connection, commands)

    administrator = await asyncpg.connect(database_url)
    await administrator.execute(END_AT_COMMIT)
    write = store.handle(int, insert_one)

    with pytest.raises(UnavailableError) as refused:
        await (write(1) if how == "write" else store.change(insert_one))

    assert refused.value.code == "outcome_unknown"
    assert len(tries) == 1
    await administrator.execute("DROP FUNCTION hang_up CASCADE")
    await administrator.close()


@pytest.mark.parametrize("how", ["read", "change", "write", "maintain"])
async def test_a_server_that_does_not_answer_is_unavailable(how: str) -> None:
    database = open_database(NOBODY)
    store = Store(database)
    attempts: dict[str, Any] = {
        "read": lambda: store.read(count),
        "change": lambda: store.change(count),
        "write": lambda: store.handle(int, add)(1),
        "maintain": lambda: database.maintain(count),
    }

    with pytest.raises(UnavailableError) as refused:
        await attempts[how]()

    assert refused.value.code == "database_unavailable"
    await store.aclose()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=False)
async def test_a_file_that_another_process_holds_is_unavailable_until_it_lets_go(
    database_url: str,
) -> None:
    impatient = Store(open_database(database_url, StorageSettings(busy_seconds=0.01)))
    write = impatient.handle(int, add)
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"))
    other.execute("BEGIN IMMEDIATE")

    for attempt in (write(1), impatient.change(count)):
        with pytest.raises(UnavailableError, match="locked"):
            await attempt
    other.rollback()
    other.close()

    assert await write(1) == 1
    assert await impatient.read(count) == 1
    await impatient.aclose()


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://root@localhost/x", "sqlite://", "sqlite:///:memory:"]
)
def test_a_url_that_is_neither_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        open_database(url)

    assert refused.value.faults[0].code == "invalid_database_url"


def test_a_password_is_not_shown() -> None:
    database = open_database("postgresql://me:hunter2@db.internal/leads")

    assert "hunter2" not in database.shown_url
