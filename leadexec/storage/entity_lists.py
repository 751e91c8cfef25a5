"""Lists of entities: filtered, searched, sorted, page by page."""

import base64
import enum
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, Select, and_, or_, select
from sqlalchemy import func as sql

from leadexec.errors import ConfigurationError
from leadexec.model.entity import Amount, Entity, FieldSpec
from leadexec.security.secrets import Cipher
from leadexec.storage.columns import MOST, JsonColumn, scale_money, storable
from leadexec.storage.entity_tables import EntityTable, EntityTables

E = TypeVar("E", bound=Entity)
LIMIT = 1000


class Page(msgspec.Struct, Generic[E], kw_only=True, frozen=True):
    """Some entities of a list."""

    items: tuple[E, ...]
    next: str = ""
    """The cursor of the following page; empty on the last."""


def list_entities(
    connection: Connection,
    tables: EntityTables,
    struct: type[E],
    cipher: Cipher,
    *,
    cursor: str = "",
    limit: int = 100,
    filters: Mapping[str, Any] | None = None,
    search: str = "",
    sort: str = "id",
) -> Page[E]:
    """Return a page of entities.

    Args:
        connection: To read from.
        tables: This app's entities.
        struct: The kind of entity.
        cipher: For its secrets.
        cursor: ``Page.next`` of the page before, with the same sort.
        limit: 1 to 1000 (more is cut).
        filters: Field → value it must have, a list of values of which one, or None. Texts are
            read as the field's type, so they may come from a query string.
        search: Text that some text field contains, in any case.
        sort: Name of a field that is no JSON; with ``-`` before it, from large to small.

    Raises:
        ConfigurationError: ``unknown_filter``, ``invalid_filter``, ``invalid_search``,
            ``unknown_sort``, ``invalid_cursor``; also for a value that no column could hold.
    """
    table = tables.of(struct)
    limit = max(1, min(limit, LIMIT))
    query = _matching(select(table.table), table, filters or {}, search)
    column, descending = _sorting(table, sort)
    query = query.where(*_after(table, column, cursor, descending=descending))
    order = [column.is_(None), column, table.table.c.id]
    query = query.order_by(*(c.desc() for c in order) if descending else order).limit(limit + 1)
    rows = connection.execute(query).all()
    items = tuple(table.entity_of(row, cipher) for row in rows[:limit])
    more = len(rows) > limit
    last = dict(zip(table.names, rows[limit - 1], strict=True)) if more else {}
    return Page(items=items, next=_cursor(column, last) if more else "")


def count_entities(
    connection: Connection,
    tables: EntityTables,
    struct: type[Entity],
    *,
    filters: Mapping[str, Any] | None = None,
    search: str = "",
) -> int:
    """Return how many entities ``list_entities`` would list in all, with the same arguments."""
    table = tables.of(struct)
    query = _matching(select(sql.count()).select_from(table.table), table, filters or {}, search)
    return int(connection.execute(query).scalar_one())


def _matching(
    query: Select[Any], table: EntityTable, filters: Mapping[str, Any], search: str
) -> Select[Any]:
    for name, wanted in filters.items():
        query = query.where(_filter(table, name, wanted))
    if search:
        if storable(search) != search:
            message = "No text in the database holds such characters."
            raise ConfigurationError.single("invalid_search", "search", message)
        texts = [c for c in table.table.columns if table.fields[c.name].type is str]
        query = query.where(or_(*(c.icontains(search, autoescape=True) for c in texts)))
    return query


def _filter(table: EntityTable, name: str, wanted: Any) -> ColumnElement[bool]:
    column = _plain_column(table, name, "unknown_filter")
    if wanted is None:
        return column.is_(None)
    field = table.fields[name]
    several = isinstance(wanted, Sequence) and not isinstance(wanted, str)
    try:
        values = [_stored(field, item) for item in (wanted if several else [wanted])]
    except (ValueError, msgspec.ValidationError) as error:
        raise ConfigurationError.single("invalid_filter", name, f"{error}.") from error
    return column.in_(values)


def _stored(field: FieldSpec, value: Any) -> Any:
    """Return ``value``, perhaps a text, as the field's column has it.

    Raises:
        msgspec.ValidationError: It is not of the field's type.
        ValueError: It is, and yet nothing that a column can hold.
    """
    read = msgspec.convert(value, field.type, strict=False)
    if isinstance(read, enum.Enum):
        return read.value
    if isinstance(read, Decimal) and field.mark(Amount):
        scale_money(read)
        return read
    _demand_storable(read)
    return str(read) if isinstance(read, Decimal) else read


def _demand_storable(value: Any) -> None:
    message = ""
    match value:
        case int() if abs(value) > MOST:
            message = "Expected a whole number of at most 64 bits"
        case float() if not math.isfinite(value):
            message = "Expected a finite number"
        case datetime(tzinfo=None):
            message = "The time needs an offset, such as Z or -05:00"
        case str() if storable(value) != value:
            message = "No text in the database holds such characters"
    if message:
        raise ValueError(message)


def _plain_column(table: EntityTable, name: str, code: str) -> Column[Any]:
    column = table.table.columns.get(name)
    known = [c.name for c in table.table.columns if c.type is not JsonColumn]
    if column is None or name not in known or name in table.secrets:
        message = f"There is no such field; there are {', '.join(known)}."
        raise ConfigurationError.single(code, name, message)
    return column


def _sorting(table: EntityTable, sort: str) -> tuple[Column[Any], bool]:
    name = sort.removeprefix("-")
    column = _plain_column(table, name, "unknown_sort")
    if table.fields[name].type is Decimal and not table.fields[name].mark(Amount):
        message = "Numbers of any length have no order in the database."
        raise ConfigurationError.single("unknown_sort", name, message)
    return column, sort.startswith("-")


def _cursor(column: Column[Any], row: Mapping[str, Any]) -> str:
    text = msgspec.json.encode([str(column.name), row[column.name], row["id"]])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


_cursors = msgspec.json.Decoder(tuple[str, bool | int | float | str | None, int])


def _after(
    table: EntityTable, column: Column[Any], cursor: str, *, descending: bool
) -> list[ColumnElement[bool]]:
    """Return what holds for the rows after the cursor; empty fields come last, or first."""
    if not cursor:
        return []
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        name, value, last = _cursors.decode(raw)
        if name != column.name:
            raise ValueError(name)
        _demand_storable(last)
        value = None if value is None else _stored(table.fields[name], value)
    except (ValueError, msgspec.MsgspecError) as error:
        message = "It is not of this list."
        raise ConfigurationError.single("invalid_cursor", "cursor", message) from error
    key = table.table.c.id
    ahead = key < last if descending else key > last
    if value is None:
        rest = [column.is_not(None)] if descending else []
        return [or_(and_(column.is_(None), ahead), *rest)]
    beyond = column < value if descending else column > value
    nulls = [] if descending else [column.is_(None)]
    return [or_(beyond, and_(column == value, ahead), *nulls)]
