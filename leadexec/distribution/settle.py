"""Settling: what a delivery came to, and how a lead's distribution ended, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection

from leadexec.contracts.delivery import Exchange
from leadexec.contracts.events import DeliveryEvent, LeadEvent
from leadexec.contracts.post import Reason
from leadexec.distribution import settle_rows
from leadexec.distribution.states import DeliveryState
from leadexec.jobs.events import EventJobs
from leadexec.model.lead import COULD_NOT_RUN, LeadStatus
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
from leadexec.storage.rows import Row

NOTHING = Decimal(0)
SMALLEST = Decimal("0.0001")
"""The smallest amount that is kept (``OR10``)."""


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
    revenue_share: Decimal = NOTHING
    """Percent of a sale's price that the source is paid (``LS17``)."""
    revision: int = 0
    """The configuration revision that decided."""
    owner: str = ""
    """The lead is ended or put off only if it is still leased to this worker; empty: in any case.
    Its delivery is settled in any case: what a buyer said stands."""


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
        to_do = _still_to_do(connection, commands)
        doing = [command for command in to_do if command is not None]
        _write_deliveries(connection, doing)
        _end_leads(connection, doing)
        insert_jobs(connection, [row for command in doing for row in self._jobs(command)])
        return [command is not None for command in to_do]

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


def _still_to_do(connection: Connection, commands: Sequence[Settle]) -> list[Settle | None]:
    """Return what is left to do of each command, or None.

    Nothing is when its delivery is not open; only the delivery, when the lead is somebody else's.
    """
    wanted = {c.delivery.delivery_uid for c in commands if c.delivery}
    reserved = DeliveryState.RESERVED
    still_open = {
        uid for uid, state in settle_rows.states(connection, sorted(wanted)) if state == reserved
    }
    leases = {(c.owner, c.lead_uid) for c in commands if c.owner}
    owned = still_owned(connection, DISTRIBUTE, leases)
    left: list[Settle | None] = []
    for command in commands:
        if command.delivery and command.delivery.delivery_uid not in still_open:
            left.append(None)
            continue
        if command.delivery:  # of two in one batch, the first settles it
            still_open.discard(command.delivery.delivery_uid)
        if not command.owner or (command.owner, command.lead_uid) in owned:
            left.append(command)
        elif command.delivery:
            left.append(replace(command, ended=None, put_off=None, record=None))
        else:
            left.append(None)
    return left


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
    settle_rows.update_deliveries(connection, [_delivery_row(c, d) for c, d in settled])
    settle_rows.insert_attempts(
        connection, [_attempt_row(d.delivery_uid, d.attempt) for _, d in settled if d.attempt]
    )
    sold = [c for c, d in settled if d.state is DeliveryState.ACCEPTED and not c.ended]
    settle_rows.sell(connection, [(c.lead_uid, *_sold(c), c.now) for c in sold])
    unsold = (DeliveryState.REJECTED, DeliveryState.FAILED)
    give_back(connection, (d.taken for _, d in settled if d.state in unsold))


def _end_leads(connection: Connection, commands: Sequence[Settle]) -> None:
    ended = [(c, c.ended) for c in commands if c.ended]
    settle_rows.end(
        connection,
        [(c.lead_uid, *_sold(c), e.status.value, e.code, e.reasons, c.now) for c, e in ended],
    )
    remove_jobs(connection, DISTRIBUTE, [c.lead_uid for c, _ in ended])
    settle_rows.decide(
        connection,
        [(c.lead_uid, c.revision, c.now, c.record) for c in commands if c.record is not None],
    )
    release_jobs(connection, DISTRIBUTE, [(c.lead_uid, c.put_off) for c in commands if c.put_off])


def _sold(command: Settle) -> tuple[Decimal, Decimal, int]:
    """Return what the delivery was sold for, the source's share of it, and 1; zeros if unsold."""
    settled = command.delivery
    if settled is None or settled.state is not DeliveryState.ACCEPTED:
        return NOTHING, NOTHING, 0
    if not command.revenue_share:
        return settled.price, NOTHING, 1
    share = (settled.price * command.revenue_share / 100).quantize(SMALLEST, ROUND_HALF_UP)
    return settled.price, share, 1


def _delivery_row(command: Settle, settled: Settled) -> Row:
    final = settled.state is not DeliveryState.RESERVED
    return (
        settled.delivery_uid,
        DeliveryState.RESERVED.value,
        settled.state.value,
        settled.price,
        settled.code,
        settled.reason[:2000],
        settled.reference[:500],
        settled.redirect_url[:2000],
        settled.attempts,
        settled.next_at,
        command.now if final else None,
    )


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
