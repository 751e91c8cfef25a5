"""What the Data API asks the database."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, func, select

from leadexec.http.data_shapes import (
    LeadDetail,
    LeadPage,
    RequestDetail,
    RequestPage,
    ShownAttempt,
    ShownDelivery,
    ShownLead,
    ShownRequest,
    request_detail,
)
from leadexec.storage.tables import attempts, deliveries, leads, requests

_SHOWN = [leads.c[field.name] for field in msgspec.structs.fields(ShownLead)]
_DETAIL = [leads.c[field.name] for field in msgspec.structs.fields(LeadDetail)]
_DELIVERY = [
    deliveries.c[field.name]
    for field in msgspec.structs.fields(ShownDelivery)
    if field.name != "attempts"
]
_ATTEMPT = [attempts.c[field.name] for field in msgspec.structs.fields(ShownAttempt)]
_REQUEST = [
    requests.c[field.name] for field in msgspec.structs.fields(ShownRequest) if field.name != "size"
]


class LeadFilter(msgspec.Struct, kw_only=True, frozen=True):
    """Which leads; None: all."""

    status: str | None = None
    code: str | None = None
    campaign_id: int | None = None
    source_id: int | None = None
    lead_type_id: int | None = None
    is_test: bool | None = None
    received_from: datetime | None = None
    """This instant or later."""
    received_until: datetime | None = None
    """Before this instant."""


def lead_page(
    connection: Connection, wanted: LeadFilter, *, after: int | None, limit: int
) -> LeadPage:
    """Return leads, newest first, from the one after (older than) the cursor ``after``."""
    query = select(leads.c.id, *_SHOWN).where(*_conditions(wanted))
    if after is not None:
        query = query.where(leads.c.id < after)
    rows = connection.execute(query.order_by(leads.c.id.desc()).limit(limit + 1)).all()
    items = [msgspec.convert(_named(row), ShownLead) for row in rows[:limit]]
    return LeadPage(items=items, next=rows[limit - 1].id if len(rows) > limit else None)


def lead_detail(connection: Connection, uid: str) -> LeadDetail | None:
    """Return one lead, or None."""
    row = connection.execute(select(*_DETAIL).where(leads.c.uid == uid)).first()
    return None if row is None else msgspec.convert(_named(row), LeadDetail)


def lead_exists(connection: Connection, uid: str) -> bool:
    """Tell whether there is such a lead."""
    return connection.execute(select(leads.c.id).where(leads.c.uid == uid)).first() is not None


def deliveries_of(connection: Connection, lead_uid: str) -> list[ShownDelivery]:
    """Return a lead's deliveries with all their attempts, in order."""
    rows = connection.execute(
        select(*_DELIVERY).where(deliveries.c.lead_uid == lead_uid).order_by(deliveries.c.id)
    ).all()
    tried: dict[str, list[dict[str, Any]]] = {row.uid: [] for row in rows}
    query = select(attempts.c.delivery_uid, *_ATTEMPT).where(
        attempts.c.delivery_uid.in_(
            select(deliveries.c.uid).where(deliveries.c.lead_uid == lead_uid)
        )
    )
    for row in connection.execute(query.order_by(attempts.c.id)):
        tried[row.delivery_uid].append(_named(row))
    return [
        msgspec.convert({**_named(row), "attempts": tried[row.uid]}, ShownDelivery) for row in rows
    ]


def request_of_lead(connection: Connection, lead_uid: str) -> RequestDetail | None:
    """Return the post that brought a lead, or None."""
    row = connection.execute(
        select(*_REQUEST, requests.c.body)
        .join(leads, leads.c.request_uid == requests.c.uid)
        .where(leads.c.uid == lead_uid)
    ).first()
    return None if row is None else request_detail(_named(row))


def request_by_uid(connection: Connection, uid: str) -> RequestDetail | None:
    """Return one post, or None."""
    query = select(*_REQUEST, requests.c.body).where(requests.c.uid == uid)
    row = connection.execute(query).first()
    return None if row is None else request_detail(_named(row))


def request_page(
    connection: Connection,
    *,
    code: str | None,
    status: int | None,
    credential_id: int | None,
    after: str | None,
    limit: int,
) -> RequestPage:
    """Return posts, newest first: their uids are UUIDv7, so they sort by time."""
    query = select(*_REQUEST, func.length(requests.c.body).label("size"))
    for column, value in (
        (requests.c.code, code),
        (requests.c.status, status),
        (requests.c.credential_id, credential_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if after is not None:
        query = query.where(requests.c.uid < after)
    rows = connection.execute(query.order_by(requests.c.uid.desc()).limit(limit + 1)).all()
    items = [msgspec.convert(_named(row), ShownRequest) for row in rows[:limit]]
    return RequestPage(items=items, next=rows[limit - 1].uid if len(rows) > limit else None)


def _conditions(wanted: LeadFilter) -> list[ColumnElement[bool]]:
    equal: Mapping[str, Any] = {
        name: value
        for name in ("status", "code", "campaign_id", "source_id", "lead_type_id", "is_test")
        if (value := getattr(wanted, name)) is not None
    }
    conditions = [leads.c[name] == value for name, value in equal.items()]
    if wanted.received_from is not None:
        conditions.append(leads.c.received_at >= wanted.received_from)
    if wanted.received_until is not None:
        conditions.append(leads.c.received_at < wanted.received_until)
    return conditions


def _named(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    return {str(name): value for name, value in row._mapping.items() if name != "id"}
