"""What the check asks of the stored list; the list as people see it is in ``listing``."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, Table, Text, cast, func, select


class Addition(Struct, kw_only=True, frozen=True):
    """Some numbers that were added one after the other."""

    last: int
    """The id of the last."""
    count: int
    text: str
    """The numbers, with commas between: read apart from the database, as that takes a while."""


def added_after(connection: Connection, numbers: Table, last: int, most: int) -> Addition:
    """Return at most ``most`` numbers that were added after the one with the id ``last``."""
    page = (
        select(numbers.c.id, numbers.c.number)
        .where(numbers.c.id > last)
        .order_by(numbers.c.id)
        .limit(most)
        .subquery()
    )
    query = select(
        func.max(page.c.id),
        func.count(),
        func.aggregate_strings(cast(page.c.number, Text), ","),
    )
    found, count, text = connection.execute(query).one()
    return Addition(last=found or last, count=count, text=text or "")


def entry_ids(connection: Connection, numbers: Table, wanted: Sequence[int]) -> dict[int, int]:
    """Return number → id of its entry, for those of ``wanted`` that are on the list."""
    query = select(numbers.c.number, numbers.c.id).where(numbers.c.number.in_(wanted))
    return {row.number: row.id for row in connection.execute(query)}
