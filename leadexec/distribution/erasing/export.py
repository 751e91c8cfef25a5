"""Everything that is stored about a person, for them to read."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from leadexec.contracts.erasure import (
    ExportedChange,
    ExportedDelivery,
    ExportedLead,
    ExportedPost,
)
from leadexec.distribution.erasing.lists import parts_of
from leadexec.distribution.erasing.marks import is_erased
from leadexec.distribution.states import DeliveryState
from leadexec.storage.configuration_tables import audit
from leadexec.storage.tables import deliveries, leads, requests


class Names(msgspec.Struct, kw_only=True, frozen=True):
    """How entities are called: their ids → their names."""

    source: Callable[[int], str]
    campaign: Callable[[int], str]
    lead_type: Callable[[int], str]
    client: Callable[[int], str]


def exported_leads(
    connection: Connection, uids: Sequence[str], names: Names
) -> tuple[ExportedLead, ...]:
    """Return what these leads say, oldest first; erased ones say nothing."""
    query = select(leads).where(leads.c.uid.in_(uids)).order_by(leads.c.id)
    rows = [row for row in connection.execute(query) if not is_erased(row.facts)]
    posts = _posts_of(connection, rows)
    sold = _deliveries_of(connection, [row.uid for row in rows], names)
    changes = _changes_of(connection, [row.id for row in rows])
    return tuple(
        ExportedLead(
            uid=row.uid,
            received_at=row.received_at,
            source=names.source(row.source_id),
            campaign=names.campaign(row.campaign_id),
            lead_type=names.lead_type(row.lead_type_id),
            status=row.status,
            is_test=row.is_test,
            remote_ip=row.remote_ip,
            fields=row.fields,
            facts=row.facts,
            grade=row.grade,
            reasons=tuple(reason["message"] for reason in row.reasons),
            post=posts.get(row.uid),
            deliveries=tuple(sold.get(row.uid, ())),
            changes=tuple(changes.get(row.id, ())),
        )
        for row in rows
    )


def exported_posts(connection: Connection, uids: Sequence[str]) -> tuple[ExportedPost, ...]:
    """Return these posts, as far as they brought no lead."""
    brought = select(leads.c.request_uid).where(leads.c.request_uid.in_(uids))
    query = select(requests).where(requests.c.uid.in_(uids), ~requests.c.uid.in_(brought))
    return tuple(
        ExportedPost(
            uid=row.uid,
            received_at=row.received_at,
            remote_ip=row.remote_ip,
            path=row.path,
            body=_text(row.body),
        )
        for row in connection.execute(query.order_by(requests.c.uid))
    )


def _posts_of(connection: Connection, rows: Sequence[Any]) -> Mapping[str, str]:
    """Return lead → the post that brought it, without what it says of other leads."""
    wanted = {row.request_uid for row in rows}
    members: defaultdict[str, list[str]] = defaultdict(list)
    for uid, request_uid in connection.execute(
        select(leads.c.uid, leads.c.request_uid)
        .where(leads.c.request_uid.in_(wanted))
        .order_by(leads.c.id)
    ):
        members[request_uid].append(uid)
    query = select(requests.c.uid, requests.c.path, requests.c.body)
    found: dict[str, str] = {}
    for row in connection.execute(query.where(requests.c.uid.in_(wanted))):
        uids, body = members[row.uid], bytes(row.body)
        if len(uids) == 1:
            found[uids[0]] = _text(body) if body else row.path
        else:
            parts = parts_of(body, len(uids)) or ()
            found |= {uid: _text(part) for uid, part in zip(uids, parts, strict=False)}
    return found


def _deliveries_of(
    connection: Connection, uids: Sequence[str], names: Names
) -> Mapping[str, Sequence[ExportedDelivery]]:
    found: defaultdict[str, list[ExportedDelivery]] = defaultdict(list)
    query = select(deliveries).where(deliveries.c.lead_uid.in_(uids)).order_by(deliveries.c.id)
    for row in connection.execute(query):
        found[row.lead_uid].append(
            ExportedDelivery(
                recipient=names.client(row.client_id),
                at=row.reserved_at,
                accepted=row.state == DeliveryState.ACCEPTED,
            )
        )
    return found


def _changes_of(
    connection: Connection, ids: Sequence[int]
) -> Mapping[int, Sequence[ExportedChange]]:
    found: defaultdict[int, list[ExportedChange]] = defaultdict(list)
    query = select(audit).where(audit.c.entity == "lead", audit.c.entity_id.in_(ids))
    for row in connection.execute(query.order_by(audit.c.id)):
        found[row.entity_id].append(ExportedChange(at=row.at, by=row.by, old=row.old, new=row.new))
    return found


def _text(body: bytes) -> str:
    return bytes(body).decode("utf-8", "replace")
