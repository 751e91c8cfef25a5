"""Running ``distribute`` jobs: read the lead back, walk it as far as it goes."""

import msgspec
import structlog

from leadexec.contracts.lead import Lead
from leadexec.distribution.lead_row import StoredLead, stored_lead
from leadexec.distribution.parts import Parts
from leadexec.distribution.record import DecisionRecord
from leadexec.distribution.settle import Ended, Settle
from leadexec.distribution.walk import LostLeaseError, Walk
from leadexec.model.lead import LeadStatus, Reason
from leadexec.storage.job_rows import DISTRIBUTE, JobRow, remove_jobs

log = structlog.get_logger(__name__)


class Distributor:
    """Takes accepted leads to their clients."""

    def __init__(self, parts: Parts) -> None:
        """Work with ``parts``."""
        self._parts = parts

    async def run_job(self, row: JobRow) -> None:
        """Run one ``distribute`` job; it settles its own row."""
        await self.distribute(row.subject, row.payload.get("budget_until"))

    async def distribute(self, uid: str, budget_until: float | None = None) -> None:
        """Take the lead called ``uid`` as far as it goes now.

        Args:
            uid: The lead.
            budget_until: The monotonic instant up to which a caller waits for the deliveries.
        """
        found = await self._parts.store.read(lambda connection: stored_lead(connection, uid))
        if found is None or found.row["status"] != LeadStatus.QUEUED:
            await self._parts.store.change(
                lambda connection: remove_jobs(connection, DISTRIBUTE, [uid])
            )
            return
        try:
            await self._walk(found, budget_until)
        except LostLeaseError:
            log.info("lead left to another worker", lead=uid)

    async def _walk(self, found: StoredLead, budget_until: float | None) -> None:
        campaign = self._parts.catalog.campaigns.get(found.row["campaign_id"])
        if campaign is None:
            await self._hold(found, "Its campaign is not there any more.")
            return
        lead: Lead = found.revived(campaign.lead_type.schema)
        if campaign.problem is not None:
            await self._hold(found, campaign.problem.message)
            return
        record = msgspec.convert(found.record or {}, DecisionRecord)
        walk = Walk(
            self._parts,
            campaign,
            lead,
            deliveries=found.deliveries,
            record=record,
            budget_until=budget_until,
        )
        await walk.run()

    async def _hold(self, found: StoredLead, message: str) -> None:
        """Hold a lead that cannot be distributed as configured (fail closed)."""
        code = "distribution_not_possible"
        await self._parts.store.write(
            Settle(
                lead_uid=found.row["uid"],
                campaign_id=found.row["campaign_id"],
                now=self._parts.services.clock.now(),
                ended=Ended(
                    status=LeadStatus.HELD,
                    code=code,
                    reasons=[Reason(code=code, message=message)],
                ),
            )
        )
