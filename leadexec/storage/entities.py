"""Creating, changing, deleting and finding entities, each change with its audit row.

All are functions of a ``Connection`` inside a transaction of the caller's. The entity is valid
already (``model/validation.py``); what is refused here is what only the database knows.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection, delete, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from leadexec.contracts.events import EntityEvent
from leadexec.errors import ConfigurationError, ConflictError, Fault, NotFoundError
from leadexec.model.entity import Entity
from leadexec.security.masked import keep_masked, refuse_leftover_masks
from leadexec.security.secrets import Cipher
from leadexec.storage.audit import next_revision, record_change
from leadexec.storage.configuration_tables import configuration
from leadexec.storage.entity_tables import EntityTable, EntityTables
from leadexec.storage.failures import violated_reference, violated_unique

E = TypeVar("E", bound=Entity)

_COUNTED: Final = 100
_UNTOLD: Final = frozenset({"updated", "revision"})
"""Columns that alone do not make a change."""


def create_entity(
    connection: Connection,
    tables: EntityTables,
    entity: E,
    *,
    by: str,
    now: datetime,
    cipher: Cipher,
) -> E:
    """Store a new entity and return it with its id, times and revision 1; a given id is ignored.

    Raises:
        ConfigurationError: ``unknown_reference`` for every id that names nothing;
            ``secret_missing`` for a mask; ``secret_form``.
        ConflictError: ``already_exists``, naming the fields that must be unique.
    """
    table = tables.of(type(entity))
    fresh = msgspec.structs.replace(entity, id=1, created=now, updated=now, revision=1)
    row = table.row_of(fresh, cipher)
    if not table.spec.singleton:
        del row["id"]
    refuse_leftover_masks(row)
    _lock(connection, table)
    _refuse_unknown_references(connection, tables, table, row)
    with _refusing(connection, table):
        result = connection.execute(insert(table.table), row)
    row["id"] = result.inserted_primary_key[0] if result.inserted_primary_key else 1
    _record(connection, tables, table, "created", old=None, new=row, by=by, at=now)
    return table.entity_of(row, cipher)  # type: ignore[no-any-return]


def update_entity(
    connection: Connection,
    tables: EntityTables,
    entity: E,
    *,
    by: str,
    now: datetime,
    cipher: Cipher,
) -> E:
    """Store a changed entity and return it; without a change nothing is written.

    ``entity.revision`` is the revision it was read at. Secrets that are only the mask keep what
    is stored.

    Raises:
        NotFoundError: ``unknown_<entity>``.
        ConflictError: ``stale_revision``; ``already_exists``.
        ConfigurationError: ``fixed_field``, ``unknown_reference``, ``secret_missing``.
    """
    table = tables.of(type(entity))
    _lock(connection, table)
    old = _row_by_id(connection, table, entity.id, lock=True)
    if old is None and table.spec.singleton and entity.revision == 0:
        return create_entity(connection, tables, entity, by=by, now=now, cipher=cipher)
    if old is None:
        raise _unknown(table, entity.id)
    _refuse_stale(table, old, entity.revision)
    changed = msgspec.structs.replace(
        entity, created=old["created"], updated=now, revision=entity.revision + 1
    )
    new: dict[str, Any] = keep_masked(table.row_of(changed, cipher), old, cipher)
    refuse_leftover_masks(new)
    if all(new[name] == old[name] for name in table.names if name not in _UNTOLD):
        return table.entity_of(old, cipher)  # type: ignore[no-any-return]
    _refuse_fixed(table, old, new)
    _refuse_unknown_references(connection, tables, table, new)
    with _refusing(connection, table):
        connection.execute(update(table.table).where(table.table.c.id == entity.id), new)
    _record(connection, tables, table, "updated", old=old, new=new, by=by, at=now)
    return table.entity_of(new, cipher)  # type: ignore[no-any-return]


def delete_entity(
    connection: Connection,
    tables: EntityTables,
    struct: type[Entity],
    entity_id: int,
    *,
    by: str,
    now: datetime,
    revision: int | None = None,
) -> None:
    """Delete an entity that nothing refers to; its audit keeps it.

    Args:
        connection: In a write transaction.
        tables: This app's entities.
        struct: The kind of entity.
        entity_id: Which one.
        by: Who does it, for the audit.
        now: When.
        revision: The revision it was read at, if the caller cares.

    Raises:
        NotFoundError: ``unknown_<entity>``.
        ConflictError: ``stale_revision``; ``still_used``, naming what refers to it.
    """
    table = tables.of(struct)
    _lock(connection, table)
    old = _row_by_id(connection, table, entity_id, lock=True)
    if old is None:
        raise _unknown(table, entity_id)
    if revision is not None:
        _refuse_stale(table, old, revision)
    _refuse_used(connection, tables, table, entity_id)
    with _refusing(connection, table):
        connection.execute(delete(table.table).where(table.table.c.id == entity_id))
    _record(connection, tables, table, "deleted", old=old, new=None, by=by, at=now)


def entity_by_id(
    connection: Connection, tables: EntityTables, struct: type[E], entity_id: int, cipher: Cipher
) -> E:
    """Return one entity. One that exists once is its defaults (revision 0) until it is stored.

    Raises:
        NotFoundError: ``unknown_<entity>``.
    """
    table = tables.of(struct)
    row = _row_by_id(connection, table, entity_id)
    if row is not None:
        return table.entity_of(row, cipher)  # type: ignore[no-any-return]
    if table.spec.singleton and entity_id == 1:
        return struct(id=1)
    raise _unknown(table, entity_id)


def every_entity(
    connection: Connection, tables: EntityTables, struct: type[E], cipher: Cipher
) -> list[E]:
    """Return all entities of a kind, by id: for compiling the catalog."""
    table = tables.of(struct)
    rows = connection.execute(select(table.table).order_by(table.table.c.id)).all()
    return [table.entity_of(row, cipher) for row in rows]


def _row_by_id(
    connection: Connection, table: EntityTable, entity_id: int, *, lock: bool = False
) -> dict[str, Any] | None:
    query = select(table.table).where(table.table.c.id == entity_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return None if row is None else dict(zip(table.names, row, strict=True))


def _lock(connection: Connection, table: EntityTable) -> None:
    """Let one change of the configuration follow the other, so that none waits in a circle."""
    if table.spec.catalogued:
        connection.execute(select(configuration.c.revision).with_for_update())


def _record(
    connection: Connection,
    tables: EntityTables,
    table: EntityTable,
    act: str,
    *,
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    by: str,
    at: datetime,
) -> None:
    known = new if new is not None else old
    entity_id = known["id"] if known else 0
    revision = next_revision(connection) if table.spec.catalogued else None
    record_change(
        connection,
        at=at,
        by=by,
        entity=table.spec.name,
        entity_id=entity_id,
        act=act,
        old=old,
        new=new,
        revision=revision,
    )
    event = EntityEvent(
        entity=table.spec.name, entity_id=entity_id, act=act, by=by, at=at, revision=revision or 0
    )
    for observer in tables.observers:
        observer(connection, event)


def _unknown(table: EntityTable, entity_id: int) -> NotFoundError:
    return NotFoundError(f"unknown_{table.spec.name}", f"There is no {_title(table)} {entity_id}.")


def _title(table: EntityTable) -> str:
    return table.spec.title.lower()


def _refuse_stale(table: EntityTable, old: Mapping[str, Any], revision: int) -> None:
    if old["revision"] != revision:
        raise ConflictError(
            "stale_revision",
            f"The {_title(table)} {old['id']} is at revision {old['revision']}, not {revision}.",
            "Read it again and repeat the change.",
        )


def _refuse_fixed(table: EntityTable, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    faults = [
        Fault(code="fixed_field", path=name, message="It cannot be changed after creation.")
        for name in table.fixed
        if new[name] != old[name]
    ]
    if faults:
        raise ConfigurationError(faults)


def _refuse_unknown_references(
    connection: Connection, tables: EntityTables, table: EntityTable, row: Mapping[str, Any]
) -> None:
    faults = []
    for name, entity in table.references.items():
        target = tables.named(entity)
        query = select(literal(1)).where(target.table.c.id == row[name])
        if row[name] is not None and connection.execute(query).first() is None:
            message = f"There is no {_title(target)} {row[name]}."
            faults.append(Fault(code="unknown_reference", path=name, message=message))
    if faults:
        raise ConfigurationError(faults)


def _refuse_used(
    connection: Connection, tables: EntityTables, table: EntityTable, entity_id: int
) -> None:
    users: dict[str, int] = {}
    for column in tables.references_to(table.spec.name):
        query = select(literal(1)).where(column == entity_id).limit(_COUNTED)
        found = len(connection.execute(query).all())
        if found:
            title = tables.title_of(column.table)
            users[title] = users.get(title, 0) + found
    for column in tables.lists_of(table.spec.name):
        # Lists of ids are small configuration: a group's clients, and few groups.
        found = sum(entity_id in (ids or ()) for (ids,) in connection.execute(select(column)))
        if found:
            title = tables.title_of(column.table)
            users[title] = users.get(title, 0) + found
    if users:
        told = ", ".join(
            f"{title}: {count if count < _COUNTED else f'{_COUNTED} or more'}"
            for title, count in users.items()
        )
        message = f"The {_title(table)} {entity_id} is still used ({told})."
        raise ConflictError("still_used", message, "Change or delete those first.")


@contextmanager
def _refusing(connection: Connection, table: EntityTable) -> Iterator[None]:
    """Run one statement in a savepoint, telling a broken constraint in words."""
    try:
        with connection.begin_nested():
            yield
    except IntegrityError as error:
        columns = violated_unique(error, table.table)
        if columns is not None:
            named = " and ".join(columns)
            message = f"There is already a {_title(table)} with this {named}."
            raise ConflictError("already_exists", message) from error
        if violated_reference(error):
            message = f"What the {_title(table)} refers to, or what refers to it, has just changed."
            raise ConflictError("still_used", message, "Try again.") from error
        raise
