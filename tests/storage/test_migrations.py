"""Migrations make exactly the declared tables; plugins' tables come and go on their own."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    inspect,
    text,
)

from leadexec import ConfigurationError, ConflictError
from leadexec.storage.database import Database, open_database
from leadexec.storage.migrations import purge, status, upgrade
from leadexec.storage.owners import KERNEL_OWNER, Owner
from leadexec.storage.schema import kernel_metadata

pytestmark = pytest.mark.anyio


@pytest.fixture
async def empty(empty_database_url: str) -> AsyncIterator[Database]:
    database = open_database(empty_database_url)
    yield database
    await database.aclose()


def shelves(*more: Column[Any] | Index, metadata: MetaData | None = None) -> Owner:
    table = Table(
        "my_plugin__shelves",
        metadata or MetaData(),
        Column("id", Integer, primary_key=True),
        Column("name", Text, nullable=False),
        *more,
    )
    return Owner(name="my-plugin", tables=(table,))


def names(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_the_scripts_make_exactly_the_declared_tables(empty: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "version_table": KERNEL_OWNER.version_table}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, kernel_metadata))

    await upgrade(empty, [KERNEL_OWNER])

    assert await empty.maintain(differences) == [], "run scripts/make_migration.py"


async def test_an_upgrade_is_told_and_then_there_is_nothing_left_to_do(empty: Database) -> None:
    (before,) = await status(empty, [KERNEL_OWNER])
    (done,) = await upgrade(empty, [KERNEL_OWNER])
    (after,) = await status(empty, [KERNEL_OWNER])
    (again,) = await upgrade(empty, [KERNEL_OWNER])

    assert (before.current, before.tables, before.pending[-1]) == ("", (), before.head)
    assert done.pending == before.pending
    assert (after.current, after.pending) == (before.head, ())
    assert "leads" in after.tables
    assert again.pending == ()


async def test_two_processes_may_upgrade_at_the_same_time(empty_database_url: str) -> None:
    script = (
        "import asyncio, sys\n"
        "from leadexec.storage.database import open_database\n"
        "from leadexec.storage.migrations import upgrade\n"
        "from leadexec.storage.owners import KERNEL_OWNER\n"
        "print(len(asyncio.run(upgrade(open_database(sys.argv[1]), [KERNEL_OWNER]))[0].pending))\n"
    )
    command = [sys.executable, "-c", script, empty_database_url]

    async def run() -> bytes:
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        return (await process.communicate())[0]

    outputs = await asyncio.gather(run(), run())

    scripts = len(list((KERNEL_OWNER.scripts or Path()).glob("[0-9]*.py")))
    assert sorted(int(output) for output in outputs) == [0, scripts]


async def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    (before,) = await status(database, [KERNEL_OWNER])
    await set_version(database, "9999")

    with pytest.raises(ConfigurationError) as refused:
        await upgrade(database, [KERNEL_OWNER])

    assert refused.value.faults[0].code == "newer_database"
    await set_version(database, before.current)


async def set_version(database: Database, revision: str) -> None:
    statement = text("UPDATE alembic_version_kernel SET version_num = :revision")
    await database.change(lambda c: c.execute(statement, {"revision": revision}))


async def test_a_plugin_without_scripts_gets_what_is_missing(database: Database) -> None:
    await upgrade(database, [shelves()])
    await database.change(
        lambda c: c.exec_driver_sql("INSERT INTO my_plugin__shelves (id, name) VALUES (1, 'a')")
    )
    grown = shelves(
        Column("note", Text),
        Column("width", Integer, nullable=False, server_default="7"),
        Index("ix_my_plugin__shelves_width", "width"),
    )

    (pending,) = await status(database, [grown])
    await upgrade(database, [grown])
    (after,) = await status(database, [grown])

    assert set(pending.pending) == {
        "column my_plugin__shelves.note",
        "column my_plugin__shelves.width",
        "index ix_my_plugin__shelves_width",
    }
    assert after.pending == ()
    rows = await database.read(
        lambda c: c.exec_driver_sql("SELECT id, name, note, width FROM my_plugin__shelves").all()
    )
    assert [tuple(row) for row in rows] == [(1, "a", None, 7)]


async def test_a_new_column_without_a_value_for_old_rows_needs_a_script(database: Database) -> None:
    await upgrade(database, [shelves()])

    with pytest.raises(ConfigurationError) as refused:
        await upgrade(database, [shelves(Column("width", Integer, nullable=False))])

    assert [(f.code, f.path) for f in refused.value.faults] == [
        ("migration_needed", "column my_plugin__shelves.width")
    ]


SCRIPT = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {previous!r}
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("my_plugin__{table}", sa.Column("id", sa.Integer(), primary_key=True))
    {more}
"""


def script(folder: Path, revision: str, previous: str | None, more: str = "") -> Owner:
    folder.mkdir(exist_ok=True)
    text = SCRIPT.format(revision=revision, previous=previous, table=f"t{revision}", more=more)
    (folder / f"{revision}.py").write_text(text)
    return Owner(name="my-plugin", scripts=folder)


async def test_a_plugin_with_scripts_has_a_version_of_its_own(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "migrations"
    await upgrade(database, [KERNEL_OWNER, script(folder, "a1", None)])
    owner = script(folder, "a2", "a1")

    done = await upgrade(database, [KERNEL_OWNER, owner])
    found = await database.read(names)

    assert [step.pending for step in done] == [(), ("a2",)]
    assert {"my_plugin__ta1", "my_plugin__ta2", "alembic_version_my_plugin"} <= found


async def test_a_script_that_fails_leaves_nothing_behind(
    database: Database, tmp_path: Path
) -> None:
    broken = script(tmp_path / "migrations", "a1", None, more='raise RuntimeError("broken")')

    with pytest.raises(RuntimeError, match="broken"):
        await upgrade(database, [broken])

    assert not {name for name in await database.read(names) if "my_plugin" in name}


async def test_a_plugin_that_is_gone_blocks_nothing_and_can_be_purged(
    database: Database, tmp_path: Path
) -> None:
    owner = script(tmp_path / "migrations", "a1", None)
    await upgrade(database, [owner])
    (tmp_path / "migrations" / "a1.py").unlink()

    await upgrade(database, [KERNEL_OWNER])
    gone = [found for found in await status(database, [KERNEL_OWNER]) if not found.installed]
    dropped = await purge(database, "my-plugin")

    assert [(found.owner, found.tables) for found in gone] == [("my_plugin", ("my_plugin__ta1",))]
    assert dropped == ("alembic_version_my_plugin", "my_plugin__ta1")
    assert all(found.installed for found in await status(database, [KERNEL_OWNER]))


async def test_what_others_refer_to_is_not_purged(database: Database) -> None:
    metadata = MetaData()
    mine = shelves(metadata=metadata)
    theirs = Table(
        "other__books",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("shelf", ForeignKey("my_plugin__shelves.id")),
    )
    await upgrade(database, [mine, Owner(name="other", tables=(theirs,))])

    with pytest.raises(ConflictError, match="other__books"):
        await purge(database, "my-plugin")

    assert "my_plugin__shelves" in await database.read(names)


@pytest.mark.parametrize("name", ["", "kernel"])
async def test_the_tables_of_the_kernel_are_never_purged(database: Database, name: str) -> None:
    with pytest.raises(ConfigurationError):
        await purge(database, name)
