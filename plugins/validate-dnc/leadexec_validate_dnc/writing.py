"""Writing to the stored list: single numbers audited, imported ones a batch at a time."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Table,
    bindparam,
    delete,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite

from leadexec import NotFoundError, Services
from leadexec_validate_dnc.entries import DncNumber, tables_of
from leadexec_validate_dnc.questions import entry_ids

_TURN: Final = int.from_bytes(
    blake2b(b"validate-dnc: the list is written", digest_size=8).digest(), signed=True
)


def take_turn(connection: Connection) -> None:
    """Wait until nobody else adds to the list, and keep it so until the transaction ends.

    That is what makes ids grow in the order of the commits, on which reading by id relies: on
    PostgreSQL a transaction could otherwise take its ids first and commit last. SQLite has one
    writer at a time, and does not give an id twice.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(literal(_TURN, BigInteger))))


def insert_new(connection: Connection, table: Table) -> Any:
    """Return an insert into ``table`` that leaves out rows whose unique values are taken."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def add_number(
    connection: Connection, services: Services, number: int, note: str
) -> tuple[int, bool]:
    """Put ``number`` on the list, audited; return its id and whether it is new there."""
    take_turn(connection)
    known = entry_ids(connection, tables_of(services.storage).numbers, [number])
    if known:
        return known[number], False
    made = services.storage.entities(DncNumber).create(
        connection, DncNumber(number=number, note=note)
    )
    return made.id, True


def add_batch(
    connection: Connection, table: Table, numbers: Sequence[int], note: str, now: datetime
) -> int:
    """Put ``numbers`` on the list in one statement, not audited; return how many are new there.

    Sorted numbers are several times as fast as others: they lie together in the index.
    """
    take_turn(connection)
    values, given = _rows_of(connection, numbers)
    rows = {
        "number": values,
        "note": literal(note),
        "created": literal(now, table.c.created.type),
        "updated": literal(now, table.c.updated.type),
        "revision": literal(1),
    }
    # SQLite would take ON CONFLICT for a join's condition but for the WHERE.
    source = select(*rows.values()).where(true())
    insert = insert_new(connection, table).from_select(list(rows), source)
    return int(connection.execute(insert, {"numbers": given}).rowcount)


def remove_number(connection: Connection, services: Services, number: int) -> None:
    """Take ``number`` off the list with its hits, audited.

    Raises:
        NotFoundError: ``not_listed``.
    """
    tables = tables_of(services.storage)
    entry = entry_ids(connection, tables.numbers, [number]).get(number)
    if entry is None:
        raise NotFoundError("not_listed", "That number is not on the do not contact list.")
    connection.execute(delete(tables.hits).where(tables.hits.c.number == entry))
    services.storage.entities(DncNumber).delete(connection, entry)


def _rows_of(connection: Connection, numbers: Sequence[int]) -> tuple[ColumnElement[Any], Any]:
    """Return a column with one row per number, and the parameter ``numbers`` that fills it."""
    if connection.dialect.name == "postgresql":
        array = bindparam("numbers", type_=postgresql.ARRAY(BigInteger))
        return func.unnest(array).column_valued(), list(numbers)
    listed = func.json_each(bindparam("numbers")).table_valued("value")
    return listed.c.value, msgspec.json.encode(numbers).decode()
