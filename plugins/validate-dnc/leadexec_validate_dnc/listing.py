"""The list as people see it: found, filtered, page by page."""

import enum
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from msgspec import Meta, Struct
from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, or_, select, true

from leadexec import ConfigurationError, Fault, InvalidValueError, NotFoundError
from leadexec_validate_dnc.entries import Tables
from leadexec_validate_dnc.numbers import ranges_of, show_number

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Sort(enum.StrEnum):
    """The orders of the list; each is that of an index."""

    NUMBER = "number"
    NEWEST = "-added"
    LAST_HIT = "-last_hit"


class Wanted(Struct, kw_only=True, frozen=True):
    """What a caller asks of the list; times are aware, ``until`` is not included."""

    search: str = ""
    """What the number begins with, or all of it, in any spelling."""
    hit: bool | None = None
    """Only numbers that were hit, or only those that were not."""
    last_hit_from: datetime | None = None
    last_hit_until: datetime | None = None
    added_from: datetime | None = None
    added_until: datetime | None = None
    sort: Sort | None = None
    """None: by last hit where that is filtered, newest first where dates are, else by number."""
    after: str = ""
    """``Listed.next`` of the page before."""
    limit: int = 100


class ListedNumber(Struct, kw_only=True, frozen=True):
    """An entry of the do not contact list (``TC5``)."""

    id: int
    number: Annotated[str, Meta(description="Ten digits, or + and E.164 digits outside the +1")]
    times_hit: int
    added: datetime
    last_hit: datetime | None
    note: str


class Listed(Struct, kw_only=True, frozen=True):
    """Some entries of the list."""

    items: tuple[ListedNumber, ...]
    next: str | None = None
    """The cursor of the following page; None on the last."""


def page_of_numbers(connection: Connection, tables: Tables, wanted: Wanted) -> Listed:
    """Return a page of the list.

    Raises:
        ConfigurationError: ``invalid_search``, ``invalid_cursor``, ``invalid_sort``.
    """
    sort, numbers, hits = _sort_of(wanted), tables.numbers, tables.hits
    conditions = [
        *_matching(hits, wanted),
        *_added(connection, numbers, wanted),
        *_after(tables, sort, wanted.after),
    ]
    order: dict[Sort, Sequence[ColumnElement[Any]]] = {
        Sort.NUMBER: [numbers.c.number],
        Sort.NEWEST: [numbers.c.id.desc()],
        Sort.LAST_HIT: [hits.c.last_hit.desc(), hits.c.id.desc()],
    }
    query = _entries(tables, inner=sort is Sort.LAST_HIT).where(*conditions).order_by(*order[sort])
    rows: list[Any] = []
    for found in _searched(numbers, wanted.search, sort):
        rows += connection.execute(query.where(found).limit(wanted.limit + 1 - len(rows))).all()
        if len(rows) > wanted.limit:
            last = rows[wanted.limit - 1]
            items = tuple(_shown(row) for row in rows[: wanted.limit])
            return Listed(items=items, next=_cursor(sort, last))
    return Listed(items=tuple(_shown(row) for row in rows))


def number_on_list(connection: Connection, tables: Tables, number: int) -> ListedNumber:
    """Return the entry of ``number``.

    Raises:
        NotFoundError: ``not_listed``.
    """
    query = _entries(tables, inner=False)
    query = query.where(tables.numbers.c.number == number)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError("not_listed", "That number is not on the do not contact list.")
    return _shown(row)


def count_numbers(connection: Connection, tables: Tables) -> int:
    """Return how many numbers are on the list."""
    return int(connection.execute(select(func.count()).select_from(tables.numbers)).scalar_one())


def _entries(tables: Tables, *, inner: bool) -> Select[Any]:
    numbers, hits = tables.numbers, tables.hits
    columns = (
        numbers.c.id,
        numbers.c.number,
        numbers.c.created,
        numbers.c.note,
        hits.c.times,
        hits.c.last_hit,
        hits.c.id.label("hit"),
    )
    joined = numbers.join(hits, hits.c.number == numbers.c.id, isouter=not inner)
    return select(*columns).select_from(joined)


def _sort_of(wanted: Wanted) -> Sort:
    of_hits = wanted.hit or wanted.last_hit_from or wanted.last_hit_until
    of_dates = wanted.added_from or wanted.added_until
    implied = Sort.LAST_HIT if of_hits else Sort.NEWEST if of_dates else None
    if implied and wanted.sort not in (None, implied):
        message = f"What was asked for can only be sorted by {implied.value}."
        raise ConfigurationError([Fault(code="invalid_sort", path="sort", message=message)])
    return implied or wanted.sort or Sort.NUMBER


def _matching(hits: Table, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.hit is False:
        conditions.append(hits.c.id.is_(None))
    if wanted.last_hit_from:
        conditions.append(hits.c.last_hit >= wanted.last_hit_from)
    if wanted.last_hit_until:
        conditions.append(hits.c.last_hit < wanted.last_hit_until)
    return conditions


def _searched(numbers: Table, search: str, sort: Sort) -> list[ColumnElement[bool]]:
    """Return what is to be asked, one after the other: a range of numbers each.

    Numbers of other countries differ in length, so those that begin alike lie in several ranges of
    the index. In the order of numbers they follow each other; in other orders they are one.
    """
    if not search:
        return [true()]
    try:
        ranges = list(ranges_of(search))
    except InvalidValueError as error:
        raise ConfigurationError.single("invalid_search", "search", error.message) from None
    column = numbers.c.number
    found = [and_(column >= low, column < high) for low, high in ranges]
    return found if sort is Sort.NUMBER else [or_(*found)]


def _added(connection: Connection, numbers: Table, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.added_from:
        conditions.append(numbers.c.id >= _first_since(connection, numbers, wanted.added_from))
    if wanted.added_until:
        conditions.append(numbers.c.id < _first_since(connection, numbers, wanted.added_until))
    return conditions


def _first_since(connection: Connection, numbers: Table, moment: datetime) -> int:
    """Return the least id of what was added at ``moment`` or later; one past the last if none.

    Ids and dates grow together, so it is found by halving: an index of millions of dates would
    cost every import for a question that is rarely asked.
    """
    low = 0
    high = int(connection.execute(select(func.max(numbers.c.id))).scalar() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        query = select(numbers.c.id, numbers.c.created).where(numbers.c.id >= middle)
        found = connection.execute(query.order_by(numbers.c.id).limit(1)).one_or_none()
        if found is None or found.created >= moment:
            high = middle
        else:
            low = found.id + 1
    return low


def _after(tables: Tables, sort: Sort, after: str) -> list[ColumnElement[bool]]:
    numbers, hits = tables.numbers, tables.hits
    if not after:
        return []
    first, entry = _read_cursor(sort, after)
    match sort:
        case Sort.NUMBER:
            return [numbers.c.number > first]
        case Sort.NEWEST:
            return [numbers.c.id < first]
        case Sort.LAST_HIT:
            moment, column = _EPOCH + first * _MICROSECOND, hits.c.last_hit
            return [or_(column < moment, and_(column == moment, hits.c.id < entry))]


def _read_cursor(sort: Sort, after: str) -> tuple[int, int]:
    first, dot, second = after.partition(".")
    if bool(dot) is (sort is Sort.LAST_HIT):
        parts = (first, second or "0")
        if all(p.isascii() and p.isdigit() and len(p) < 18 for p in parts):
            return int(first), int(parts[1])
    message = "It is not the 'next' of a page in this order."
    raise ConfigurationError.single("invalid_cursor", "after", message)


def _cursor(sort: Sort, row: Any) -> str:
    match sort:
        case Sort.NUMBER:
            return str(row.number)
        case Sort.NEWEST:
            return str(row.id)
        case Sort.LAST_HIT:
            return f"{(row.last_hit - _EPOCH) // _MICROSECOND}.{row.hit}"


def _shown(row: Any) -> ListedNumber:
    return ListedNumber(
        id=row.id,
        number=show_number(row.number),
        times_hit=row.times or 0,
        added=row.created,
        last_hit=row.last_hit,
        note=row.note,
    )
