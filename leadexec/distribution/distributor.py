"""Running ``distribute`` jobs: take the lead over or read it back, walk it as far as it goes."""

from collections.abc import Sequence

import msgspec
import structlog

from leadexec.contracts.lead import Lead
from leadexec.contracts.post import Reason
from leadexec.distribution.lead_reader import LeadReader
from leadexec.distribution.lead_row import OpenDelivery
from leadexec.distribution.parts import Parts
from leadexec.distribution.record import DecisionRecord
from leadexec.distribution.settle import Ended, Settle
from leadexec.distribution.walk import LostLeaseError, Walk
from leadexec.model.lead import LeadStatus
from leadexec.storage.job_rows import DISTRIBUTE, JobRow, remove_jobs

log = structlog.get_logger(__name__)


class Distributor:
    """Takes accepted leads to their clients."""

    def __init__(self, parts: Parts) -> None:
        """Work with ``parts``."""
        self._parts = parts
        self._reader = LeadReader(parts.store)

    async def run_job(self, row: JobRow) -> None:
        """Run one ``distribute`` job; it settles its own row.

        Its payload may hold ``budget_until``, the monotonic instant up to which a caller waits for
        the deliveries, and ``lead``, a lead that was stored a moment ago and that nobody else can
        have had in hand since: it need not be read back.
        """
        handed: Lead | None = row.payload.get("lead")
        budget_until: float | None = row.payload.get("budget_until")
        try:
            if handed is not None:
                await self._walk(handed, (), DecisionRecord(), budget_until)
            else:
                await self._take_up(row.subject, budget_until)
        except LostLeaseError:
            log.info("lead left to another worker", lead=row.subject)

    async def _take_up(self, uid: str, budget_until: float | None) -> None:
        """Read the lead called ``uid`` and go on with it where it stands."""
        found = await self._reader.read(uid)
        if found is None or found.row["status"] != LeadStatus.QUEUED:
            await self._parts.store.change(
                lambda connection: remove_jobs(connection, DISTRIBUTE, [uid])
            )
            return
        lead_type = self._parts.catalog.lead_types.get(found.row["lead_type_id"])
        lead = found.revived(lead_type.schema if lead_type else {})
        record = msgspec.convert(found.record or {}, DecisionRecord)
        await self._walk(lead, found.deliveries, record, budget_until)

    async def _walk(
        self,
        lead: Lead,
        deliveries: Sequence[OpenDelivery],
        record: DecisionRecord,
        budget_until: float | None,
    ) -> None:
        campaign = self._parts.catalog.campaigns.get(lead.campaign_id)
        if campaign is None:
            await self._hold(lead, "Its campaign is not there any more.")
            return
        if campaign.problem is not None:
            await self._hold(lead, campaign.problem.message)
            return
        walk = Walk(
            self._parts,
            campaign,
            lead,
            deliveries=deliveries,
            record=record,
            budget_until=budget_until,
        )
        await walk.run()

    async def _hold(self, lead: Lead, message: str) -> None:
        """Hold a lead that cannot be distributed as configured (fail closed)."""
        code = "distribution_not_possible"
        await self._parts.store.write(
            Settle(
                lead_uid=lead.uid,
                campaign_id=lead.campaign_id,
                now=self._parts.services.clock.now(),
                ended=Ended(
                    status=LeadStatus.HELD,
                    code=code,
                    reasons=[Reason(code=code, message=message)],
                ),
                owner=self._parts.owner,
            )
        )
