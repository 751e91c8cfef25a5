"""Inserting many rows with as little between them and the driver as possible.

On a lead's way every row costs; SQLAlchemy's own handling of parameters is half of an insert's
price. Here a table's statement is compiled once per dialect, and rows are tuples in the order of
the columns named.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, Connection, Dialect, Table, bindparam, insert

from leadexec.storage.columns import (
    MoneyColumn,
    OutsideText,
    UtcDateTime,
    scale_money,
    storable,
    to_json,
    to_microseconds,
)

Row = tuple[Any, ...]


class RowInsert:
    """An insert into some columns of one table; make one per module, not per call."""

    def __init__(self, table: Table, *columns: str, conflict: str = "") -> None:
        """Insert into ``columns`` of ``table``; the others take their defaults.

        Args:
            table: Where the rows go.
            columns: Their names, in the table's order.
            conflict: What follows the values: an ``ON CONFLICT`` clause without parameters.
        """
        self._conflict = conflict
        self._table = table
        self._columns = columns
        self._made: dict[str, tuple[str, Sequence[Callable[[Any], Any] | None]]] = {}

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert ``rows``, each with one value per column, in the columns' order."""
        if not rows:
            return
        dialect = connection.dialect
        made = self._made.get(dialect.name)
        if made is None:
            made = self._made[dialect.name] = self._make(dialect)
        statement, processors = made
        connection.exec_driver_sql(
            statement,
            [
                tuple([v if p is None else p(v) for p, v in zip(processors, row, strict=True)])
                for row in rows
            ],
        )

    def _make(self, dialect: Dialect) -> tuple[str, Sequence[Callable[[Any], Any] | None]]:
        values: dict[str, Any] = {name: bindparam(name) for name in self._columns}
        compiled = insert(self._table).values(values).inline().compile(dialect=dialect)
        order = getattr(compiled, "positiontup", None) or self._columns
        if list(order) != list(self._columns):
            message = f"columns of {self._table.name} must be named in the table's order: {order}"
            raise ValueError(message)
        processors = [_processor(self._table.c[name].type, dialect) for name in self._columns]
        return f"{compiled} {self._conflict}".rstrip(), processors


def _processor(type_: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return what makes a value fit for the driver; our own types without SQLAlchemy between."""
    if isinstance(type_, UtcDateTime):
        return _microseconds
    if isinstance(type_, MoneyColumn):
        return _units
    if isinstance(type_, JSON):
        return to_json
    if isinstance(type_, OutsideText):
        return _fitting(type_.length)
    made: Callable[[Any], Any] | None = type_.dialect_impl(dialect).bind_processor(dialect)
    return made


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
