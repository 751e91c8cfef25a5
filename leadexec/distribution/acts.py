"""What jobs may do to leads that are already stored; implements ``leadexec.LeadActs``."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, select, update

from leadexec.contracts.services import Clock
from leadexec.contracts.validator import Claim, Conflict
from leadexec.distribution.erasing.marks import is_erased
from leadexec.distribution.redeliver import REDELIVER, Resend
from leadexec.distribution.states import DeliveryState
from leadexec.errors import ConflictError, NotFoundError
from leadexec.intake.claims import latest_claim
from leadexec.intake.fields import is_blank
from leadexec.storage.audit import record_change
from leadexec.storage.job_rows import insert_jobs, new_job
from leadexec.storage.store import Store
from leadexec.storage.tables import attempts, deliveries, jobs, leads


class StoredLeadActs:
    """Acts on stored leads, each in one transaction."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Act on the leads in ``store``."""
        self._store = store
        self._clock = clock

    async def append_fields(self, lead_uid: str, fields: Mapping[str, Any], reason: str) -> int:
        """Fill the lead's empty fields from ``fields``; return how many were filled. Audited.

        Raises:
            NotFoundError: ``unknown_lead``.
            ConflictError: ``lead_erased``.
        """
        now = self._clock.now()

        def act(connection: Connection) -> int:
            query = select(leads.c.id, leads.c.fields, leads.c.facts)
            row = connection.execute(query.where(leads.c.uid == lead_uid).with_for_update()).first()
            if row is None:
                raise NotFoundError("unknown_lead", f"There is no lead {lead_uid}.")
            _demand_person(lead_uid, row.facts)
            new = {
                name: value
                for name, value in fields.items()
                if not is_blank(value) and is_blank(row.fields.get(name))
            }
            if new:
                connection.execute(
                    update(leads)
                    .where(leads.c.uid == lead_uid)
                    .values(fields={**row.fields, **new}, updated_at=now)
                )
                record_change(
                    connection,
                    at=now,
                    by=reason,
                    entity="lead",
                    entity_id=row.id,
                    act="updated",
                    old=dict.fromkeys(new),
                    new=new,
                    revision=None,
                )
            return len(new)

        return await self._store.change(act)

    async def redeliver(self, lead_uid: str, reason: str) -> int:
        """Send the lead's accepted deliveries once more; return how many were queued.

        The same ``reason`` queues nothing more: the job that asks may be run again.

        Raises:
            ConflictError: ``lead_erased``.
        """
        now = self._clock.now()

        def act(connection: Connection) -> int:
            facts = connection.scalar(select(leads.c.facts).where(leads.c.uid == lead_uid))
            _demand_person(lead_uid, facts)
            found = connection.execute(
                select(deliveries.c.uid, deliveries.c.attempts).where(
                    deliveries.c.lead_uid == lead_uid,
                    deliveries.c.state == DeliveryState.ACCEPTED.value,
                    ~_asked_before(reason),
                )
            ).all()
            rows = [
                new_job(
                    REDELIVER,
                    row.uid,
                    Resend(lead_uid=lead_uid, number=row.attempts + 1, reason=reason),
                    now,
                )
                for row in found
            ]
            insert_jobs(connection, rows)
            return len(rows)

        return await self._store.change(act)

    async def claimed(self, claim: Claim) -> Conflict | None:
        """Return the lead that holds the key of ``claim`` now, or None; take nothing."""
        now = self._clock.now()
        return await self._store.read(lambda connection: latest_claim(connection, claim, now))


def _demand_person(lead_uid: str, facts: Mapping[str, Any] | None) -> None:
    """Refuse to do anything more to a lead whose person was erased (``LS11``)."""
    if is_erased(facts):
        message = f"What lead {lead_uid} said about its person was erased."
        raise ConflictError("lead_erased", message)


def _asked_before(reason: str) -> ColumnElement[bool]:
    """Return whether a delivery was, or is queued to be, resent for ``reason``."""
    sent = exists().where(
        attempts.c.delivery_uid == deliveries.c.uid,
        attempts.c.code == "resent",
        attempts.c.reason.startswith(reason, autoescape=True),
    )
    queued = exists().where(jobs.c.kind == REDELIVER, jobs.c.subject == deliveries.c.uid)
    return sent | queued
