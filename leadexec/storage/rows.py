"""Statements over many rows with as little between them and the driver as possible.

On a lead's way every row costs, and SQLAlchemy's own handling of parameters and results is most of
a small statement's price. Here a statement is compiled by SQLAlchemy once per dialect, rows are
plain tuples, and on SQLite, where nothing but Python lies between, the driver is called directly.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Dialect,
    Executable,
    Table,
    bindparam,
    insert,
    select,
)

from leadexec.storage.columns import (
    MoneyColumn,
    OutsideText,
    UtcDateTime,
    from_json,
    from_microseconds,
    scale_money,
    storable,
    to_json,
    to_microseconds,
    unscale_money,
)

Row = tuple[Any, ...]
_Convert = Callable[[Any], Any] | None


class RowStatement:
    """An insert, update or delete run once per row; make one per module, not per call."""

    def __init__(self, statement: Executable, *names: str, suffix: str = "") -> None:
        """Prepare ``statement``.

        Args:
            statement: With a bind parameter, of the right type, for each of ``names``.
            names: In the order in which rows give their values.
            suffix: What follows it: SQL without parameters.
        """
        self._statement = statement
        self._names = names
        self._suffix = suffix
        self._made: dict[str, tuple[str, Callable[[Row], Row]]] = {}

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Run it for each of ``rows``."""
        if not rows:
            return
        made = self._made.get(connection.dialect.name)
        if made is None:
            made = self._made[connection.dialect.name] = self._make(connection.dialect)
        sql, ready_for = made
        ready = [ready_for(row) for row in rows]
        if connection.dialect.name == "sqlite":
            _driver(connection).executemany(sql, ready)
        else:
            connection.exec_driver_sql(sql, ready)

    def _make(self, dialect: Dialect) -> tuple[str, Callable[[Row], Row]]:
        compiled: Any = self._statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        order = list(compiled.positiontup or self._names)
        converters = [_to_driver(compiled.binds[n].type, dialect) for n in self._names]
        places = [self._names.index(name) for name in order]
        return f"{compiled} {self._suffix}".rstrip(), _converter(converters, places)


class RowInsert(RowStatement):
    """An insert into some columns of one table; the others take their defaults."""

    def __init__(self, table: Table, *columns: str, conflict: str = "") -> None:
        """Insert into ``columns`` of ``table``; ``conflict`` is an ``ON CONFLICT`` clause."""
        values: dict[str, Any] = {
            name: bindparam(name, type_=table.c[name].type) for name in columns
        }
        super().__init__(insert(table).values(values).inline(), *columns, suffix=conflict)


class KeyQuery:
    """A select of some columns of the rows whose key is among many."""

    def __init__(self, key: Column[Any], *columns: Column[Any], lock: bool = False) -> None:
        """Select ``columns`` where the text column ``key`` is one of those asked for.

        With ``lock`` nobody else can change the rows found until the transaction ends; they are
        locked in the keys' order, so that two batches do not wait for each other.
        """
        self._key = key
        self._lock = lock
        self._columns = columns
        self._made: dict[str, tuple[str, Sequence[_Convert]]] = {}

    def __call__(self, connection: Connection, keys: Sequence[str]) -> Iterator[Row]:
        """Yield one tuple per row found, in no order."""
        if not keys:
            return
        dialect = connection.dialect
        made = self._made.get(dialect.name)
        if made is None:
            convert = [_from_driver(column.type, dialect) for column in self._columns]
            made = self._made[dialect.name] = self._make(dialect), convert
        sql, converters = made
        found: Any
        if dialect.name == "sqlite":
            found = _driver(connection).execute(sql, (to_json(list(keys)),))
        else:
            found = connection.exec_driver_sql(sql, (list(keys),))
        for row in found.fetchall():
            yield tuple(
                [
                    v if c is None or v is None else c(v)
                    for c, v in zip(converters, row, strict=True)
                ]
            )

    def _make(self, dialect: Dialect) -> str:
        wanted = str(select(*self._columns).compile(dialect=dialect))
        name = dialect.identifier_preparer.format_column(self._key, use_table=True)
        if dialect.name == "sqlite":
            return f"{wanted} WHERE {name} IN (SELECT value FROM json_each(?))"  # noqa: S608  ours
        locked = f" ORDER BY {name} FOR UPDATE" if self._lock else ""
        return f"{wanted} WHERE {name} = ANY($1::text[]){locked}"


def _driver(connection: Connection) -> Any:
    """Return SQLite's own connection, in the transaction that ``connection`` stands for."""
    if not connection.in_transaction():
        connection.begin()
    return connection.connection.dbapi_connection


def _converter(converters: Sequence[_Convert], places: Sequence[int]) -> Callable[[Row], Row]:
    """Return the function from a row as given to the row as the driver takes it.

    It is written out and compiled, value by value: a loop over values and converters takes three
    times as long, and this is most of what storing a lead costs here.
    """
    names = {f"c{place}": convert for place, convert in enumerate(converters) if convert}
    values = [f"c{p}(row[{p}])" if f"c{p}" in names else f"row[{p}]" for p in places]
    made: Callable[[Row], Row] = eval(f"lambda row: ({', '.join(values)},)", names)  # noqa: S307  numbers of ours
    return made


def _to_driver(type_: Any, dialect: Dialect) -> _Convert:
    """Return what makes a value fit for the driver; our own types without SQLAlchemy between."""
    if isinstance(type_, UtcDateTime):
        return _microseconds
    if isinstance(type_, MoneyColumn):
        return _units
    if isinstance(type_, JSON):
        return to_json
    if isinstance(type_, OutsideText):
        return _fitting(type_.length)
    made: _Convert = type_.dialect_impl(dialect).bind_processor(dialect)
    return made


def _from_driver(type_: Any, dialect: Dialect) -> _Convert:
    if isinstance(type_, UtcDateTime):
        return from_microseconds
    if isinstance(type_, MoneyColumn):
        return unscale_money
    if dialect.name != "sqlite":  # PostgreSQL's driver knows these itself
        return None
    if isinstance(type_, JSON):
        return from_json
    return bool if isinstance(type_, Boolean) else None


def _fitting(length: int | None) -> Callable[[str | None], str | None]:
    """Return what makes text from outside fit; plain short text passes as it is."""

    def fit(value: str | None) -> str | None:
        if value is None:
            return None
        if length is not None and len(value) > length:
            value = value[:length]
        return value if value.isascii() and "\0" not in value else storable(value)

    return fit


def _microseconds(value: datetime | None) -> int | None:
    return None if value is None else to_microseconds(value)


@lru_cache(4096, typed=True)
def _units(value: Decimal | None) -> int | None:
    return None if value is None else scale_money(value)
