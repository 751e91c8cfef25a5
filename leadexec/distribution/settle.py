"""Settling: what a delivery came to, and how a lead's distribution ended, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select, text, update

from leadexec.contracts.delivery import Exchange
from leadexec.contracts.events import DeliveryEvent, LeadEvent
from leadexec.distribution.states import DeliveryState
from leadexec.jobs.events import EventJobs
from leadexec.model.lead import COULD_NOT_RUN, LeadStatus, Reason
from leadexec.storage.columns import JsonColumn, MoneyColumn, UtcDateTime
from leadexec.storage.counters import give_back
from leadexec.storage.job_rows import (
    DISTRIBUTE,
    FIRST_RECHECK,
    RECHECK,
    insert_jobs,
    new_job,
    release_jobs,
    remove_jobs,
    still_owned,
)
from leadexec.storage.rows import Row, RowInsert
from leadexec.storage.tables import attempts, deliveries, leads


class AttemptMade(msgspec.Struct, kw_only=True, frozen=True):
    """One try at a delivery, as it is recorded (``DM11``)."""

    number: int
    at: datetime
    elapsed_us: int
    verdict: str
    """``accepted``, ``rejected`` or ``failed``."""
    code: str
    reason: str
    exchanges: Sequence[Exchange]


class Settled(msgspec.Struct, kw_only=True, frozen=True):
    """What a delivery came to."""

    delivery_uid: str
    account_id: int
    client_id: int
    state: DeliveryState
    price: Decimal
    code: str
    reason: str
    reference: str = ""
    redirect_url: str = ""
    next_at: datetime | None = None
    """When a failed delivery is tried again; it stays reserved until then."""
    taken: Mapping[str, int] = {}
    """Counter key → amount, given back when the delivery is not accepted."""
    attempt: AttemptMade | None = None
    attempts: int = 0
    """How many tries were made so far."""


class Ended(msgspec.Struct, kw_only=True, frozen=True):
    """How a lead's distribution ended."""

    status: LeadStatus
    code: str
    reasons: Sequence[Reason]


@dataclass(slots=True)
class Settle:
    """Settle a delivery, or end a lead's distribution, or put it off, or several of these."""

    lead_uid: str
    campaign_id: int
    now: datetime
    delivery: Settled | None = None
    ended: Ended | None = None
    put_off: datetime | None = None
    """When the distribution goes on."""
    record: Any = None
    """The decision record so far, JSON-able (``LD15``); None leaves it as it is."""
    revision: int = 0
    """The configuration revision that decided."""
    owner: str = ""
    """Only if the lead is still leased to this worker; empty: in any case."""


_UPDATE_DELIVERY = (
    update(deliveries)
    .where(deliveries.c.uid == bindparam("of"), deliveries.c.state == "reserved")
    .values(
        state=bindparam("new_state"),
        price=bindparam("new_price", type_=MoneyColumn),
        code=bindparam("new_code"),
        reason=bindparam("new_reason"),
        reference=bindparam("new_reference"),
        redirect_url=bindparam("new_redirect"),
        attempts=bindparam("new_attempts"),
        next_at=bindparam("new_next", type_=UtcDateTime),
        settled_at=bindparam("new_settled", type_=UtcDateTime),
    )
)
_OPEN = (
    select(deliveries.c.uid)
    .where(
        deliveries.c.uid.in_(bindparam("uids", expanding=True)), deliveries.c.state == "reserved"
    )
    .order_by(deliveries.c.uid)
    .with_for_update()
)
_SOLD = (
    update(leads)
    .where(leads.c.uid == bindparam("of"))
    .values(
        revenue=leads.c.revenue + bindparam("sold_for", type_=MoneyColumn),
        delivered_count=leads.c.delivered_count + 1,
        updated_at=bindparam("at", type_=UtcDateTime),
    )
)
_END = (
    update(leads)
    .where(leads.c.uid == bindparam("of"))
    .values(
        status=bindparam("new_status"),
        code=bindparam("new_code"),
        reasons=bindparam("new_reasons", type_=JsonColumn),
        updated_at=bindparam("at", type_=UtcDateTime),
    )
)
_DECIDE = text(
    "INSERT INTO decisions (lead_uid, revision, decided_at, record) "
    "VALUES (:lead_uid, :revision, :decided_at, :record) "
    "ON CONFLICT (lead_uid) DO UPDATE SET revision = excluded.revision, "
    "decided_at = excluded.decided_at, record = excluded.record"
).bindparams(bindparam("decided_at", type_=UtcDateTime), bindparam("record", type_=JsonColumn))
_insert_attempts = RowInsert(
    attempts, "delivery_uid", "number", "at", "elapsed_us", "verdict", "code", "reason", "exchanges"
)


class Settlements:
    """Settles batches; made once per app."""

    def __init__(self, events: EventJobs) -> None:
        """Write observers' jobs by ``events``."""
        self._events = events

    def settle(self, connection: Connection, commands: Sequence[Settle]) -> Sequence[bool]:
        """Run a batch.

        Returns:
            For each command whether it was carried out: False where its delivery was settled
            before, or its lead is somebody else's now.
        """
        fresh = _still_to_do(connection, commands)
        doing = [command for command, do in zip(commands, fresh, strict=True) if do]
        _write_deliveries(connection, doing)
        _end_leads(connection, doing)
        insert_jobs(connection, [row for command in doing for row in self._jobs(command)])
        return fresh

    def _jobs(self, command: Settle) -> list[Row]:
        rows: list[Row] = []
        settled = command.delivery
        if settled:
            hook = _HOOKS.get(settled.state, "")
            if self._events.observed(hook):
                event = DeliveryEvent(
                    lead_uid=command.lead_uid,
                    delivery_uid=settled.delivery_uid,
                    account_id=settled.account_id,
                    client_id=settled.client_id,
                    at=command.now,
                    price=settled.price,
                    code=settled.code,
                    message=settled.reason,
                )
                rows.extend(self._events.jobs(hook, settled.delivery_uid, event, command.now))
        if command.ended and command.ended.code in COULD_NOT_RUN:
            rows.append(new_job(RECHECK, command.lead_uid, {}, command.now + FIRST_RECHECK))
        hook = _END_HOOKS.get(command.ended.status, "") if command.ended else ""
        if command.ended and self._events.observed(hook):
            told = LeadEvent(
                lead_uid=command.lead_uid,
                campaign_id=command.campaign_id,
                at=command.now,
                code=command.ended.code,
                message=command.ended.reasons[0].message if command.ended.reasons else "",
            )
            rows.extend(self._events.jobs(hook, command.lead_uid, told, command.now))
        return rows


def _still_to_do(connection: Connection, commands: Sequence[Settle]) -> list[bool]:
    """Return for each command whether its delivery is open and its lead still its worker's."""
    wanted = {c.delivery.delivery_uid for c in commands if c.delivery}
    still_open: set[str] = set()
    if wanted:
        still_open = {row[0] for row in connection.execute(_OPEN, {"uids": sorted(wanted)})}
    leases = {(c.owner, c.lead_uid) for c in commands if c.owner}
    owned = still_owned(connection, DISTRIBUTE, leases)
    answers = []
    for command in commands:
        to_do = not command.owner or (command.owner, command.lead_uid) in owned
        if command.delivery:  # of two in one batch, the first settles it
            to_do = to_do and command.delivery.delivery_uid in still_open
            still_open.discard(command.delivery.delivery_uid)
        answers.append(to_do)
    return answers


_HOOKS = {
    DeliveryState.ACCEPTED: "delivery_accepted",
    DeliveryState.REJECTED: "delivery_failed",
    DeliveryState.FAILED: "delivery_failed",
}
_END_HOOKS = {LeadStatus.UNSOLD: "lead_unsold", LeadStatus.HELD: "lead_held"}


def _write_deliveries(connection: Connection, commands: Sequence[Settle]) -> None:
    settled = [(c, c.delivery) for c in commands if c.delivery]
    if not settled:
        return
    connection.execute(_UPDATE_DELIVERY, [_delivery_row(c, d) for c, d in settled])
    _insert_attempts(
        connection, [_attempt_row(d.delivery_uid, d.attempt) for _, d in settled if d.attempt]
    )
    sold = [
        {"of": c.lead_uid, "sold_for": d.price, "at": c.now}
        for c, d in settled
        if d.state is DeliveryState.ACCEPTED
    ]
    if sold:
        connection.execute(_SOLD, sold)
    unsold = (DeliveryState.REJECTED, DeliveryState.FAILED)
    give_back(connection, (d.taken for _, d in settled if d.state in unsold))


def _end_leads(connection: Connection, commands: Sequence[Settle]) -> None:
    ended = [(c, c.ended) for c in commands if c.ended]
    if ended:
        connection.execute(
            _END,
            [
                {
                    "of": c.lead_uid,
                    "new_status": e.status.value,
                    "new_code": e.code,
                    "new_reasons": e.reasons,
                    "at": c.now,
                }
                for c, e in ended
            ],
        )
        remove_jobs(connection, DISTRIBUTE, [c.lead_uid for c, _ in ended])
    records = [
        {
            "lead_uid": c.lead_uid,
            "revision": c.revision,
            "decided_at": c.now,
            "record": c.record,
        }
        for c in commands
        if c.record is not None
    ]
    if records:
        connection.execute(_DECIDE, records)
    release_jobs(connection, DISTRIBUTE, [(c.lead_uid, c.put_off) for c in commands if c.put_off])


def _delivery_row(command: Settle, settled: Settled) -> dict[str, Any]:
    final = settled.state is not DeliveryState.RESERVED
    return {
        "of": settled.delivery_uid,
        "new_state": settled.state.value,
        "new_price": settled.price,
        "new_code": settled.code,
        "new_reason": settled.reason[:2000],
        "new_reference": settled.reference[:500],
        "new_redirect": settled.redirect_url[:2000],
        "new_attempts": settled.attempts,
        "new_next": settled.next_at,
        "new_settled": command.now if final else None,
    }


def _attempt_row(delivery_uid: str, made: AttemptMade) -> Row:
    return (
        delivery_uid,
        made.number,
        made.at,
        made.elapsed_us,
        made.verdict,
        made.code,
        made.reason,
        made.exchanges,
    )
