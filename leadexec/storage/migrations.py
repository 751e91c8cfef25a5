"""Bringing a database's tables up to date: ``db upgrade``, ``status`` and ``purge``.

The kernel's tables and those of a plugin with a ``migrations`` folder are made by Alembic scripts,
one version table per owner. A plugin without such a folder gets its tables from their declaration:
missing tables, columns and indexes are added; a missing column must allow None or have a default;
nothing is ever dropped or changed. Tables of plugins that are not installed are left alone.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Inspector, MetaData, Table, inspect
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable, DropTable

from leadexec.errors import ConfigurationError, ConflictError, Fault
from leadexec.storage.database import Database
from leadexec.storage.owners import KERNEL, VERSIONS, Owner, table_prefix


class OwnerStatus(msgspec.Struct, kw_only=True, frozen=True):
    """How one owner's tables stand."""

    owner: str
    current: str = ""
    """The script that ran last; empty if none, or if the owner has no scripts."""
    head: str = ""
    """The latest script."""
    pending: tuple[str, ...] = ()
    """What ``upgrade`` would do: scripts to run, or things to add."""
    tables: tuple[str, ...] = ()
    """The owner's tables in the database."""
    installed: bool = True
    """Whether the owner is there; tables of others can be purged."""


async def upgrade(database: Database, owners: Iterable[Owner]) -> list[OwnerStatus]:
    """Bring every owner's tables up to date, each in a transaction, safe beside another process.

    Returns:
        What was pending, per owner.

    Raises:
        ConfigurationError: ``migration_needed``, ``newer_database``.
        UnavailableError: The database does not answer.
    """
    done = []
    for owner in owners:
        act = _upgrade_by_scripts if owner.scripts else _upgrade_by_declaration
        done.append(await database.maintain(lambda c, act=act, owner=owner: act(c, owner)))  # type: ignore[misc]
    return done


async def status(database: Database, owners: Iterable[Owner]) -> list[OwnerStatus]:
    """Return how the tables of every owner stand, also of plugins that are not installed."""
    wanted = list(owners)
    return await database.read(lambda connection: _status(connection, wanted))


async def purge(database: Database, plugin: str) -> tuple[str, ...]:
    """Drop all tables of ``plugin``, with everything in them; return their names.

    Raises:
        ConflictError: ``still_used``: tables of others refer to them.
        ConfigurationError: ``kernel_tables``: the kernel's are never dropped.
    """
    if plugin in ("", KERNEL):
        raise ConfigurationError.single("kernel_tables", "plugin", "Name a plugin.")
    return await database.maintain(lambda connection: _purge(connection, plugin))


def _scripts(owner: Owner) -> ScriptDirectory:
    folder = owner.scripts
    if folder is None:
        message = f"{owner.name} has no migration scripts"
        raise ValueError(message)
    return ScriptDirectory(str(folder.parent), version_locations=[str(folder)])


def _pending_scripts(connection: Connection, owner: Owner) -> OwnerStatus:
    scripts = _scripts(owner)
    options = {"version_table": owner.version_table}
    current = MigrationContext.configure(connection, opts=options).get_current_revision() or ""
    known = {script.revision for script in scripts.walk_revisions()}
    if current and current not in known:
        message = f"The tables of {owner.name} are at {current!r}, newer than this version knows."
        raise ConfigurationError.single("newer_database", owner.name, message)
    head = scripts.get_current_head() or ""
    steps = scripts.iterate_revisions(head, current or "base") if head else ()
    return OwnerStatus(
        owner=owner.name,
        current=current,
        head=head,
        pending=tuple(step.revision for step in steps)[::-1],
        tables=_tables_of(inspect(connection), owner.name),
    )


def _upgrade_by_scripts(connection: Connection, owner: Owner) -> OwnerStatus:
    found = _pending_scripts(connection, owner)
    if found.pending:
        scripts = _scripts(owner)

        def steps(revision: Any, _context: MigrationContext) -> Any:
            return scripts._upgrade_revs("head", revision)  # as Alembic's cookbook does it

        with EnvironmentContext(Config(), scripts, fn=steps) as environment:
            environment.configure(connection=connection, version_table=owner.version_table)
            environment.run_migrations()
    return found


def _missing(inspector: Inspector, owner: Owner) -> list[tuple[str, Table | Column[Any] | Any]]:
    """Return (what, the thing) for all that the declaration has and the database has not."""
    missing: list[tuple[str, Any]] = []
    existing = set(inspector.get_table_names())
    for table in owner.tables:
        columns: set[Any] = set()
        indexes: set[Any] = set()
        if table.name in existing:
            columns = {column["name"] for column in inspector.get_columns(table.name)}
            indexes = {index["name"] for index in inspector.get_indexes(table.name)}
            added = [column for column in table.columns if column.name not in columns]
            missing.extend((f"column {table.name}.{column.name}", column) for column in added)
        else:
            missing.append((f"table {table.name}", table))
        wanted = sorted(table.indexes, key=lambda index: str(index.name))
        missing.extend((f"index {i.name}", i) for i in wanted if i.name not in indexes)
    return missing


def _upgrade_by_declaration(connection: Connection, owner: Owner) -> OwnerStatus:
    inspector = inspect(connection)
    missing = _missing(inspector, owner)
    faults = [
        Fault(
            code="migration_needed",
            path=what,
            message="It has no default and allows no None, so it needs a migration script.",
        )
        for what, thing in missing
        if isinstance(thing, Column) and not thing.nullable and thing.server_default is None
    ]
    if faults:
        raise ConfigurationError(faults)
    for _, thing in missing:
        _add(connection, thing)
    return OwnerStatus(
        owner=owner.name,
        pending=tuple(what for what, _ in missing),
        tables=_tables_of(inspect(connection), owner.name),
    )


def _add(connection: Connection, thing: Any) -> None:
    if isinstance(thing, Table):
        connection.execute(CreateTable(thing))
    elif isinstance(thing, Column):
        described = CreateColumn(thing).compile(dialect=connection.dialect)
        quoted = connection.dialect.identifier_preparer.format_table(thing.table)
        connection.exec_driver_sql(f"ALTER TABLE {quoted} ADD COLUMN {described}")
    else:
        connection.execute(CreateIndex(thing))


def _tables_of(inspector: Inspector, owner: str) -> tuple[str, ...]:
    names = [name for name in inspector.get_table_names() if not name.startswith(VERSIONS)]
    if owner == KERNEL:
        return tuple(sorted(name for name in names if "__" not in name))
    return tuple(sorted(name for name in names if name.startswith(table_prefix(owner))))


def _status(connection: Connection, owners: Sequence[Owner]) -> list[OwnerStatus]:
    inspector = inspect(connection)
    known = []
    for owner in owners:
        if owner.scripts:
            known.append(_pending_scripts(connection, owner))
            continue
        missing = tuple(what for what, _ in _missing(inspector, owner))
        tables = _tables_of(inspector, owner.name)
        known.append(OwnerStatus(owner=owner.name, pending=missing, tables=tables))
    return known + _orphans(inspector, {owner.name.replace("-", "_") for owner in owners})


def _orphans(inspector: Inspector, known: set[str]) -> list[OwnerStatus]:
    names = inspector.get_table_names()
    found = {name.partition("__")[0] for name in names if "__" in name}
    found |= {name.removeprefix(VERSIONS) for name in names if name.startswith(VERSIONS)}
    return [
        OwnerStatus(owner=name, tables=_tables_of(inspector, name), installed=False)
        for name in sorted(found - known - {KERNEL})
    ]


def _purge(connection: Connection, plugin: str) -> tuple[str, ...]:
    inspector = inspect(connection)
    doomed = set(_tables_of(inspector, plugin))
    referring = sorted(
        name
        for name in inspector.get_table_names()
        if name not in doomed
        and any(key["referred_table"] in doomed for key in inspector.get_foreign_keys(name))
    )
    if referring:
        message = f"Tables of others refer to those of {plugin}: {', '.join(referring)}."
        raise ConflictError("still_used", message)
    versions = VERSIONS + plugin.replace("-", "_")
    if inspector.has_table(versions):
        doomed.add(versions)
    reflected = MetaData()
    reflected.reflect(connection, only=sorted(doomed), resolve_fks=False)
    for table in reversed(reflected.sorted_tables):
        connection.execute(DropTable(table))
    return tuple(sorted(doomed))
