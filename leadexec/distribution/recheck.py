"""Leads that were held because a check could not run go on when it is back (architecture rule 5).

A ``recheck`` job stands beside every such lead. It runs the whole intake over the stored lead
again, or takes its distribution up; as long as something still cannot run, it is tried again with
growing gaps, and at once when the system starts or its configuration changes.
"""

from typing import Any

from sqlalchemy import Connection, update

from leadexec.catalog.catalog import Catalog
from leadexec.contracts.post import PostedLead
from leadexec.contracts.services import Clock
from leadexec.distribution.lead_row import stored_lead
from leadexec.errors import UnavailableError
from leadexec.intake.decide import LeadDecider
from leadexec.intake.readmit import Readmit
from leadexec.model.lead import COULD_NOT_RUN, COULD_NOT_SELL, LeadStatus
from leadexec.storage.job_rows import DISTRIBUTE, JobRow, insert_jobs, new_job
from leadexec.storage.store import Store
from leadexec.storage.tables import leads


class Recheck:
    """Runs ``recheck`` jobs."""

    def __init__(self, catalog: Catalog, store: Store, decider: LeadDecider, clock: Clock) -> None:
        """Decide again by ``decider``."""
        self._catalog = catalog
        self._store = store
        self._decider = decider
        self._clock = clock

    async def run_job(self, row: JobRow) -> None:
        """Decide about one held lead again.

        Raises:
            UnavailableError: ``still_held``: something still cannot run; the job is tried again.
        """
        found = await self._store.read(lambda connection: stored_lead(connection, row.subject))
        if found is None or not _waits(found.row):
            return
        if found.row["code"] in COULD_NOT_SELL:
            await self._store.change(lambda connection: self._requeue(connection, row.subject))
            return
        campaign = self._catalog.campaigns.get(found.row["campaign_id"])
        if campaign is None or campaign.problem is not None:
            text = campaign.problem.message if campaign and campaign.problem else "no campaign"
            raise UnavailableError("still_held", f"The lead is still held: {text}.")
        posted = PostedLead(
            campaign_id=campaign.entity.id,
            fields=found.row["fields"],
            is_test=found.row["is_test"],
        )
        decided = await self._decider.decide(
            campaign,
            posted,
            uid=row.subject,
            now=found.row["received_at"],
            ip=found.row["remote_ip"],
        )
        decided.vouched = True  # it was let in when it came
        if decided.code in COULD_NOT_RUN:
            raise UnavailableError("still_held", f"The lead is still held ({decided.code}).")
        await self._store.write(
            Readmit(
                decided=decided,
                log=found.row["log"],
                now=self._clock.now(),
                revision=self._catalog.revision,
            )
        )

    def _requeue(self, connection: Connection, uid: str) -> None:
        """Let the distribution of an accepted lead go on where it stopped."""
        now = self._clock.now()
        connection.execute(
            update(leads)
            .where(leads.c.uid == uid, leads.c.status == LeadStatus.HELD.value)
            .values(status=LeadStatus.QUEUED.value, code="accepted", reasons=[], updated_at=now)
        )
        insert_jobs(connection, [new_job(DISTRIBUTE, uid, {}, now)])


def _waits(row: Any) -> bool:
    return row["status"] == LeadStatus.HELD and row["code"] in COULD_NOT_RUN
