"""Erasing leads: everything each of them says of a person, in one transaction."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update

from leadexec.contracts.erasure import Erased
from leadexec.contracts.lead import LeadTypeInfo, SystemField
from leadexec.distribution.erasing.asked import empty_asked_of_leads
from leadexec.distribution.erasing.beside import empty_beside
from leadexec.distribution.erasing.jobs import LeadJobs
from leadexec.distribution.erasing.marks import CODE, fact_of, is_erased
from leadexec.distribution.erasing.posts import empty_posts_of, empty_stray_posts
from leadexec.distribution.states import DeliveryState
from leadexec.model.lead import COULD_NOT_SELL, LeadStatus
from leadexec.storage.audit import record_change
from leadexec.storage.columns import JsonColumn
from leadexec.storage.tables import deliveries, leads

IMPERSONAL: Final = frozenset(
    {
        SystemField.CUSTOM,
        SystemField.STATE,
        SystemField.COUNTRY,
        SystemField.IS_MOBILE,
        SystemField.TEST_FLAG,
    }
)
"""What a field may mean if its value is to stay for reports."""
LONGEST_KEPT: Final = 40
"""Characters of a value that stays."""
_erase: Final = (
    update(leads)
    .where(leads.c.uid == bindparam("of"))
    .values(
        status=bindparam("new_status"),
        code=bindparam("new_code"),
        reasons=bindparam("new_reasons", type_=JsonColumn),
        fields=bindparam("new_fields", type_=JsonColumn),
        log=bindparam("new_log", type_=JsonColumn),
        facts=bindparam("new_facts", type_=JsonColumn),
        remote_ip="",
        updated_at=bindparam("at", type_=leads.c.updated_at.type),
    )
)


@dataclass(slots=True, frozen=True)
class Erasing:
    """Who erases leads, when, why, and what stays."""

    now: datetime
    by: str
    why: str
    keep: Collection[str]
    """Names of fields whose values stay, if they name nobody."""
    lead_types: Mapping[int, LeadTypeInfo]
    tell: Callable[[Connection, Any], None]
    """Is given the row of each erased lead, as it is told to observers."""


def erase_leads(connection: Connection, wanted: Sequence[str], act: Erasing) -> Erased:
    """Erase those of ``wanted`` that are not on their way; see ``Erasure``."""
    query = select(leads).where(leads.c.uid.in_(wanted)).order_by(leads.c.id)
    rows = {row.uid: row for row in connection.execute(query.with_for_update())}
    there = {uid: row for uid, row in rows.items() if not is_erased(row.facts)}
    jobs, busy = _on_their_way(connection, there, act.now)
    gone = [row for uid, row in there.items() if uid not in busy]
    posts = 0
    if gone:
        with _overwriting(connection):
            posts = _erase_rows(connection, gone, act)
            jobs.end([row.uid for row in gone])
        for row in gone:
            act.tell(connection, row)
    return Erased(
        leads=tuple(row.uid for row in gone),
        posts=posts,
        before=tuple(uid for uid in rows if uid not in there),
        waiting=tuple(sorted(busy)),
        unknown=tuple(uid for uid in wanted if uid not in rows),
    )


def _on_their_way(
    connection: Connection, there: Mapping[str, Any], now: datetime
) -> tuple[LeadJobs, set[str]]:
    """Return the leads' jobs, and which leads somebody may be working with at this moment.

    A lead that is queued, or has a delivery that is not settled, is in the memory of a worker or
    will be: what is erased here would be written again, or sent.
    """
    query = select(deliveries.c.uid, deliveries.c.lead_uid, deliveries.c.state)
    sold = connection.execute(query.where(deliveries.c.lead_uid.in_(list(there)))).all()
    jobs = LeadJobs(
        connection, {**{uid: uid for uid in there}, **{row.uid: row.lead_uid for row in sold}}
    )
    queued = {uid for uid, row in there.items() if row.status == LeadStatus.QUEUED}
    reserved = {row.lead_uid for row in sold if row.state == DeliveryState.RESERVED}
    return jobs, queued | reserved | jobs.in_hand(now)


def _erase_rows(connection: Connection, gone: Sequence[Any], act: Erasing) -> int:
    connection.execute(_erase, [_erased(row, act) for row in gone])
    empty_beside(connection, [row.uid for row in gone], [row.id for row in gone])
    for row in gone:
        record_change(
            connection,
            at=act.now,
            by=act.by[:200],
            entity="lead",
            entity_id=row.id,
            act=CODE,
            old=None,
            new=None,
            revision=None,
        )
    asked = empty_asked_of_leads(connection, [row.uid for row in gone])
    posts = empty_posts_of(connection, {row.request_uid for row in gone}, act.now)
    return posts + empty_stray_posts(connection, asked, act.now)


def _erased(row: Any, act: Erasing) -> dict[str, Any]:
    status, code = _ended(row)
    log = [{k: v for k, v in entry.items() if k != "message"} for entry in row.log]
    own = {"step": CODE, "verdict": "note", "us": 0, "code": CODE, "message": act.why}
    return {
        "of": row.uid,
        "new_status": status,
        "new_code": code,
        "new_reasons": [{**reason, "message": ""} for reason in row.reasons],
        "new_fields": kept_fields(row.fields, act.keep, act.lead_types.get(row.lead_type_id)),
        "new_log": [*log, own],
        "new_facts": fact_of(act.now, act.why),
        "at": act.now,
    }


def _ended(row: Any) -> tuple[str, str]:
    """Return status and code; a held lead ends: there is nothing left to validate or to sell."""
    if row.status != LeadStatus.HELD:
        return row.status, row.code
    accepted = row.code in COULD_NOT_SELL
    return (LeadStatus.UNSOLD if accepted else LeadStatus.REJECTED).value, CODE


def kept_fields(
    fields: Mapping[str, Any], keep: Collection[str], lead_type: LeadTypeInfo | None
) -> dict[str, Any]:
    """Return those of ``fields`` that are to be kept and say nothing of a person."""
    if lead_type is None:
        return {}
    return {
        name: value
        for name, value in fields.items()
        if name in keep
        and name in lead_type.fields
        and lead_type.fields[name].system in IMPERSONAL
        and isinstance(value, str | int | float | Decimal)
        and len(str(value)) <= LONGEST_KEPT
    }


@contextmanager
def _overwriting(connection: Connection) -> Iterator[None]:
    """Let SQLite overwrite what is deleted with zeros, not only mark its place as free."""
    if connection.dialect.name != "sqlite":
        yield
        return
    before = ("OFF", "ON", "FAST")[connection.exec_driver_sql("PRAGMA secure_delete").scalar_one()]
    connection.exec_driver_sql("PRAGMA secure_delete=ON").close()
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA secure_delete={before}").close()
