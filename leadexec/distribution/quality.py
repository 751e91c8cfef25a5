"""What a person decides about held leads, in the bin of quality control (``LD9``, ``LS9``).

A person may decide about any held lead, whatever holds it. Checks that have not run for it, because
an earlier one held it or because they could not, do not run any more: the person's word stands for
theirs.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection

from leadexec.contracts.eligibility import Limit
from leadexec.contracts.events import LeadEvent
from leadexec.contracts.post import Reason
from leadexec.contracts.validator import Claim
from leadexec.distribution.lead_row import StoredLead
from leadexec.distribution.parts import Parts
from leadexec.distribution.quality_rows import (
    Row,
    Seen,
    change_lead,
    held_lead,
    look,
    refuse_offered,
    release_claims,
    take_limits,
    took_limits,
)
from leadexec.errors import NotFoundError
from leadexec.intake.decide import claim_key
from leadexec.intake.verdicts import MESSAGE, sound_claims, tidy
from leadexec.jobs.events import EVENTS, EventJobs
from leadexec.model.lead import COULD_NOT_SELL, LeadStatus, LogEntry
from leadexec.plugins import Plugins
from leadexec.storage.columns import storable
from leadexec.storage.counters import amounts_of, give_back
from leadexec.storage.job_rows import DISTRIBUTE, insert_jobs, new_job

INVALIDATED = "invalidated"
"""Why a person's rejection rejects, unless the person gives another code."""
STEP = "quality_control"
"""The step of the process log."""
_ACCEPTED = Reason(code="accepted", message="")
_NOTHING = Decimal(0)


class _Rejection(msgspec.Struct, kw_only=True, frozen=True):
    """What a person says against a lead, and what the lead may have taken."""

    by: str
    reason: Reason
    limits: Sequence[Limit]
    claims: Mapping[str, Claim]


def _nobody_waits() -> None:
    """Do nothing: whoever runs jobs finds new ones by itself."""


class QualityControl:
    """Accepts and rejects held leads, each in one transaction, audited."""

    def __init__(
        self, parts: Parts, plugins: Plugins, wake: Callable[[], None] = _nobody_waits
    ) -> None:
        """Act on the leads of ``parts``.

        Args:
            parts: Where leads and campaigns are.
            plugins: Who observes what becomes of leads.
            wake: Called when a lead may go on, after the commit.
        """
        self._parts = parts
        self._events = EventJobs(
            {hook: [p.name for p in plugins.observers(hook)] for hook in EVENTS}
        )
        self._wake = wake

    async def validate(self, uid: str, by: str, note: str = "") -> None:
        """Accept a held lead; its distribution begins (or goes on) at once.

        The campaign's quantity limits are taken up if intake has not done so, in the windows of
        the lead's arrival, as intake and its rechecks reckon.

        Args:
            uid: The lead.
            by: Who does it, for the process log and the audit.
            note: Why, for both.

        Raises:
            NotFoundError: ``unknown_lead``.
            ConflictError: ``not_held``, ``being_rechecked``, ``campaign_limit_reached``.
        """
        seen = await self._see(uid)
        limits = seen.limits_now()
        await self._parts.store.change(lambda c: self._accept(c, seen, limits, by, note))
        self._wake()

    async def invalidate(self, uid: str, by: str, message: str, code: str = INVALIDATED) -> None:
        """Reject a held lead: back to its source, which is paid nothing for it.

        What it took of the campaign's quantity limits is given back, and so are the keys it claimed
        but those that rejected leads hold, too.

        Args:
            uid: The lead.
            by: Who does it, for the process log and the audit.
            message: Why; the source is shown it.
            code: The reason's machine code.

        Raises:
            NotFoundError: ``unknown_lead``.
            ConflictError: ``not_held``, ``being_rechecked``; ``already_offered``: it was sold, or
                is being delivered.
        """
        seen = await self._see(uid)
        rejection = _Rejection(
            by=by,
            reason=tidy(Reason(code=code, message=message)),
            limits=seen.limits_then(),
            claims=self._claims_of(seen),
        )
        await self._parts.store.change(lambda c: self._reject(c, seen, rejection))

    async def _see(self, uid: str) -> Seen:
        """Look at a lead and its campaign before the transaction.

        What checks and limits have to say is worked out on the event loop, as at intake: neither
        plugins nor compiled windows need bear two threads.
        """
        row, before = await self._parts.store.read(lambda connection: look(connection, uid))
        campaign = self._parts.catalog.campaigns.get(row["campaign_id"])
        if campaign is None:  # created a moment ago, by another process
            text = f"There is no campaign {row['campaign_id']}."
            raise NotFoundError("unknown_campaign", text, "Try again in a few seconds.")
        return Seen(row=row, campaign=campaign, before=before)

    def _claims_of(self, seen: Seen) -> dict[str, Claim]:
        """Return key → claim of what the campaign's checks claim for the lead."""
        stored = StoredLead(row=seen.row, deliveries=(), record=None)
        lead = stored.revived(seen.campaign.lead_type.schema)
        found: dict[str, Claim] = {}
        for used in seen.campaign.validators:
            if not used.claims:
                continue
            try:
                wanted = sound_claims(used.validator.claims(lead))
            except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault is recorded, its claims stay
                self._parts.faults.record(used.plugin, f"claims of validator '{used.key}'", error)
                continue
            found.update({claim_key(claim): claim for claim in wanted})
        return found

    # --- in the transaction

    def _accept(
        self, connection: Connection, seen: Seen, limits: Sequence[Limit], by: str, note: str
    ) -> None:
        now = self._parts.services.clock.now()
        row = held_lead(connection, seen, now)
        changes: dict[str, Any] = {
            "status": LeadStatus.QUEUED.value,
            "code": _ACCEPTED.code,
            "reasons": [],
            "price": row["price"] or seen.campaign.entity.price,
        }
        said = storable(f"Validated by {by}. {note}".strip()[:MESSAGE])
        log = [LogEntry(step=STEP, verdict="pass", us=0, message=said)]
        goes_on = row["code"] in COULD_NOT_SELL
        if limits and not goes_on and not took_limits(row):
            take_limits(connection, limits)
            log.insert(0, LogEntry(step="limits", verdict="pass", us=0))
            changes["revision"] = self._parts.catalog.revision
        change_lead(connection, row, changes, log=log, by=by, note=note, now=now)
        if not goes_on:  # else they were told when it was accepted first
            self._tell(connection, "lead_accepted", row, _ACCEPTED, now)
        insert_jobs(connection, [new_job(DISTRIBUTE, row["uid"], {}, now)])

    def _reject(self, connection: Connection, seen: Seen, rejection: _Rejection) -> None:
        now = self._parts.services.clock.now()
        row = held_lead(connection, seen, now)
        refuse_offered(connection, row["uid"])
        by, reason = rejection.by, rejection.reason
        changes: dict[str, Any] = {
            "status": LeadStatus.REJECTED.value,
            "code": reason.code,
            "reasons": [reason],
            "price": _NOTHING,
        }
        said = storable(f"Invalidated by {by}. {reason.message}"[:MESSAGE])
        log = [LogEntry(step=STEP, verdict="reject", us=0, code=reason.code, message=said)]
        change_lead(connection, row, changes, log=log, by=by, note=reason.message, now=now)
        if took_limits(row):
            give_back(connection, [amounts_of(rejection.limits)])
        release_claims(connection, rejection.claims, row)
        self._tell(connection, "lead_rejected", row, reason, now)

    def _tell(
        self, connection: Connection, hook: str, row: Row, reason: Reason, now: datetime
    ) -> None:
        event = LeadEvent(
            lead_uid=row["uid"],
            campaign_id=row["campaign_id"],
            at=now,
            code=reason.code,
            message=reason.message,
        )
        insert_jobs(connection, self._events.jobs(hook, row["uid"], event, now))
