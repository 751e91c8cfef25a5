"""What buyers were asked before a lead was there, or before it was sold: pings, and the quotes."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, select, update

from leadexec.intake.quoted import OPEN
from leadexec.storage.columns import JsonColumn
from leadexec.storage.tables import pings, quotes

_plan: Final = (
    update(quotes)
    .where(quotes.c.order_id == bindparam("of"))
    .values(plan=bindparam("new_plan", type_=JsonColumn))
)


def empty_asked_of_leads(connection: Connection, uids: Sequence[str]) -> list[str]:
    """Empty the pings and quotes of leads; return the posts in which quotes were asked for."""
    return _empty(connection, quotes.c.lead_uid.in_(uids), uids)


def empty_asked_of_posts(connection: Connection, uids: Sequence[str]) -> None:
    """Empty the pings and quotes that came of these posts."""
    _empty(connection, quotes.c.request_uid.in_(uids), uids)


def still_good(connection: Connection, uids: Sequence[str]) -> set[str]:
    """Return those of the posts ``uids`` whose quote may still be used: its lead is to come."""
    query = select(quotes.c.request_uid)
    return set(
        connection.scalars(query.where(quotes.c.request_uid.in_(uids), quotes.c.state == OPEN))
    )


def _empty(
    connection: Connection, of_quotes: ColumnElement[bool], uids: Sequence[str]
) -> list[str]:
    """Pings keep account, time, price and verdict; quotes all but their references at buyers."""
    found = connection.execute(
        select(quotes.c.order_id, quotes.c.request_uid, quotes.c.plan)
        .where(of_quotes)
        .order_by(quotes.c.order_id)
        .with_for_update()
    ).all()
    if found:
        connection.execute(_plan, [_without_references(row) for row in found])
    connection.execute(
        update(pings)
        .where(pings.c.lead_uid.in_([*uids, *(row.order_id for row in found)]))
        .values(reason="", reference="", exchanges=[])
    )
    return [row.request_uid for row in found]


def _without_references(row: Any) -> dict[str, Any]:
    return {"of": row.order_id, "new_plan": [{**part, "reference": ""} for part in row.plan]}
