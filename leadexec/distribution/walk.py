"""One lead's distribution: reserve, deliver, settle, until it is sold or nobody is left."""

from collections.abc import Iterator, Sequence
from time import perf_counter_ns

from leadexec.catalog.compiled import CompiledCampaign
from leadexec.contracts.automation import Candidate, SortContext
from leadexec.contracts.lead import Lead
from leadexec.contracts.script import Stop
from leadexec.distribution.considering import ANOTHER_ACCOUNT, Considered
from leadexec.distribution.lead_row import OpenDelivery
from leadexec.distribution.parts import Parts
from leadexec.distribution.pinging import Pinging
from leadexec.distribution.progress import Progress, offered
from leadexec.distribution.record import DecisionRecord, passed_over
from leadexec.distribution.reserve import Offer, Reserve, Reserved
from leadexec.distribution.scripts import ScriptFailed, ScriptRunner, only_given
from leadexec.distribution.selling import Selling
from leadexec.distribution.settle import Settle, Settled
from leadexec.distribution.states import DeliveryState

AT_ONCE = 4
"""Candidates that one reservation looks at, and how many without room may be met one by one."""


class LostLeaseError(Exception):
    """Another worker has taken the lead over; whatever this one knows is stale."""


class Walk:
    """Takes one lead through its distribution; every step is durable before the next begins."""

    def __init__(
        self,
        parts: Parts,
        campaign: CompiledCampaign,
        lead: Lead,
        *,
        deliveries: Sequence[OpenDelivery],
        record: DecisionRecord,
        budget_until: float | None = None,
    ) -> None:
        """Go on from ``deliveries``; with ``budget_until`` (monotonic) a caller waits for it."""
        self._parts = parts
        self._campaign = campaign
        self._lead = lead
        self._budget_until = budget_until
        self._now = parts.services.clock.now()
        self._record = record
        self._record.rounds += 1
        self._record.slots = campaign.entity.maximum_delivery_count
        self._progress = Progress(campaign.entity.maximum_delivery_count)
        self._progress.begin(deliveries)
        self._over = False
        """Whether the end was stored already, with the last delivery."""
        self._scripts = ScriptRunner(campaign.scripts, lead, parts.faults)
        self._considered = Considered(
            parts.catalog, campaign, lead, self._now, parts.deliverer.circuits
        )
        self._scripted: dict[int, Candidate] = {}
        """Candidates as the campaign's scripts left them."""
        self._selling = Selling(parts, campaign, lead)
        self._pinging = Pinging(parts, campaign, lead)
        self._open = [d for d in deliveries if d.state is DeliveryState.RESERVED]
        if record.stopped:  # a script ended it before; what is pending is still taken up
            self._progress.halted = Stop(reason=record.stopped)

    async def run(self) -> None:
        """Take the lead as far as it goes now, and store how it ended or when it goes on.

        Raises:
            LostLeaseError: Another worker has the lead.
        """
        while self._open:
            await self._take_up(self._open.pop(0))
        if not self._progress.closed:
            await self._sell()
        if not self._progress.closed:
            await self._offer_left_alone()
        if not self._over:
            await self._parts.store.write(self._concluding(self._command()))

    # --- going on with what was begun before

    async def _take_up(self, delivery: OpenDelivery) -> None:
        """Try a delivery again that a crash or a failure left reserved."""
        if delivery.next_at is not None and delivery.next_at > self._now:
            self._progress.wait(delivery, delivery.next_at)
            return
        self._considered.excluded.pop(delivery.account_id, None)
        await self._deliver(delivery)

    # --- selling

    async def _sell(self) -> None:
        if (halted := self._scripts.before_select()) is not None:
            self._progress.halted = halted
            return
        began = perf_counter_ns()
        scripted = self._scripts.uses("after_select") or self._scripts.uses("after_sort")
        fixed = not scripted and not self._considered.any_pings()
        lazily = self._considered.in_static_order(self._parts.faults) if fixed else None
        if lazily is not None:
            self._record.select_us = _since(began)
            await self._offer_in_turn(lazily)
            return
        chosen = self._scripts.after_select(self._considered.all())
        self._record.select_us = _since(began)
        if isinstance(chosen, Stop | ScriptFailed):
            self._progress.halted = chosen
            return
        self._record.matched = len(chosen)
        chosen = await self._ping(chosen)
        self._scripted = {candidate.account_id: candidate for candidate in chosen}
        await self._offer(chosen)

    async def _ping(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Ask those for bids whose methods ping; return who is left, each at its bid (``PP4``)."""
        pinging = [c for c in candidates if self._pinging.asks(c)]
        asked = self._left(pinging)
        if not asked:
            return candidates
        if self._record.rounds > 1:
            await self._pinging.recall()
        silent = await self._pinging.ask(asked, self._budget())
        self._considered.excluded.update(silent)
        bids = self._pinging.bids
        self._record.pinged.extend(made.summary() for made in bids.made)
        return [bids.applied(c) for c in candidates if c.account_id not in silent]

    async def _offer_left_alone(self) -> None:
        """Let those have what nobody else takes whose circuits are open: it waits for them."""
        admitted = self._considered.admit_left_alone()
        admitted = [c for c in admitted if not self._pinging.asks(c)]  # they have not bid
        await self._offer([self._scripted.get(c.account_id, c) for c in admitted])

    async def _offer(self, candidates: Sequence[Candidate]) -> None:
        automation = self._campaign.automation
        if not candidates:
            return
        if automation is not None and automation.strategy.needs:
            await self._offer_in_transaction(candidates)
        else:
            await self._offer_sorted(candidates)

    def _left(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates that may still be offered the lead."""
        left = [c for c in candidates if self._may_offer(c)]
        return [c for c in left if self._considered.admits(c.account_id, self._parts.faults)]

    def _may_offer(self, candidate: Candidate) -> bool:
        """Return whether ``candidate`` is still in: one offer per client, none exclusive once sold.

        That one client is never sold a lead twice follows ``CL4``: one of its delivery accounts is
        chosen. ``DI7`` is the rule about exclusive ones.
        """
        progress = self._progress
        if candidate.account_id in progress.tried:
            return False
        if candidate.client_id in progress.clients:
            self._considered.excluded[candidate.account_id] = ANOTHER_ACCOUNT
            return False
        return not (candidate.exclusive and progress.sold + len(progress.waiting) > 0)

    async def _offer_sorted(self, candidates: Sequence[Candidate]) -> None:
        """Sort and offer to the first, again and again: whoever drops out changes the best set.

        After some that had no room, the rest is sorted inside the transaction, where it is known
        who has.
        """
        full = 0
        while not self._progress.closed and full < AT_ONCE:
            left = self._left(candidates)
            ordered = self._sort(left) if left else None
            offers = self._considered.offers(iter(ordered or ()), 1, self._parts.faults)
            if not offers:
                return
            reserved = await self._reserve(offers)
            self._progress.tried.update(reserved.full)
            full += len(reserved.full)
        if not self._progress.closed:
            await self._offer_in_transaction(candidates)

    def _sort(self, left: Sequence[Candidate]) -> Sequence[Candidate] | None:
        automation = self._campaign.automation
        if not left or automation is None:
            return None
        began = perf_counter_ns()
        context = SortContext(slots=self._progress.slots, sold=self._progress.sold)
        try:
            ordered = only_given(automation.strategy.sort(left, context), left)
        except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault is recorded, the lead held
            fault = self._parts.faults.record(automation.plugin, "sorting candidates", error)
            self._progress.fault = f"The automation '{automation.key}' raised {fault.error}."
            return None
        checked = self._scripts.after_sort(ordered)
        self._record.sort_us += _since(began)
        if isinstance(checked, Stop | ScriptFailed):
            self._progress.halted = checked
            return None
        return checked

    async def _offer_in_turn(self, ordered: Iterator[Candidate]) -> None:
        """Offer the lead along a fixed order, a few at a time, until it is sold."""
        pending: list[Offer] = []
        while not self._progress.closed:
            pending = [offer for offer in pending if self._may_offer(offer.candidate)]
            wanted = (candidate for candidate in ordered if self._may_offer(candidate))
            pending += self._considered.offers(wanted, AT_ONCE - len(pending), self._parts.faults)
            if not pending:
                return
            reserved = await self._reserve(pending)
            gone = {*reserved.full, reserved.account_id}
            pending = [o for o in pending if o.candidate.account_id not in gone]

    async def _offer_in_transaction(self, candidates: Sequence[Candidate]) -> None:
        """Let the strategy sort inside the reserve transaction, with fresh statistics."""
        while not self._progress.closed:
            left = self._left(candidates)
            offers = self._considered.offers(iter(left), len(left), self._parts.faults)
            if not offers:
                return
            reserved = await self._reserve(offers, in_transaction=True)
            self._progress.tried.update(reserved.full, reserved.left_out)
            if reserved.account_id is None:
                return

    async def _reserve(self, offers: Sequence[Offer], *, in_transaction: bool = False) -> Reserved:
        """Reserve for the first of ``offers`` with room, and deliver to it."""
        uid = self._parts.new_uid()
        for offer in offers:
            offer.reference = self._pinging.bids.reference(offer.candidate.account_id)
        reserved: Reserved = await self._parts.store.write(
            Reserve(
                lead_uid=self._lead.uid,
                delivery_uid=uid,
                offers=offers,
                now=self._parts.services.clock.now(),
                owner=self._parts.owner,
                slots=self._progress.slots,
                sold=self._progress.sold,
                automation=self._campaign.automation if in_transaction else None,
                arrange=self._scripts.after_sort if in_transaction else None,
            )
        )
        if reserved.lost:
            raise LostLeaseError(self._lead.uid)
        self._progress.halted = reserved.halted or self._progress.halted
        if reserved.fault:
            self._progress.fault = f"The automation raised {reserved.fault}."
        self._considered.excluded.update(reserved.full)
        if reserved.chosen is not None:
            await self._deliver(self._selling.begun(uid, reserved.chosen))
        return reserved

    async def _deliver(self, delivery: OpenDelivery) -> None:
        """Send one reserved delivery and settle it; with the last one, the distribution ends."""
        progress = self._progress
        progress.offered(delivery)
        sale = self._selling.sale(delivery)
        halted = self._scripts.before_delivery(sale) if sale else None
        if halted is not None:
            progress.halted = halted
            await self._settle(self._selling.cancelled(delivery))
            return
        settled, outcome = await self._selling.send(delivery, sale, self._budget())
        progress.settled(delivery, settled)
        self._record.offered.append(offered(delivery, settled))
        if outcome is not None and sale is not None:
            progress.halted = self._scripts.after_delivery(sale, outcome) or progress.halted
        await self._settle(settled)

    async def _settle(self, settled: Settled) -> None:
        command = self._command(settled)
        if self._progress.closed and not self._open:
            self._concluding(command)
            self._over = True
        was_open = await self._parts.store.write(command)
        if not was_open:  # whoever has the lead now has settled it
            raise LostLeaseError(self._lead.uid)

    def _budget(self) -> float | None:
        """Return the seconds the caller still waits; None when nobody does any more."""
        if self._budget_until is None:
            return None
        left = self._budget_until - self._parts.services.clock.monotonic()
        return left if left > 0 else None

    # --- ending

    def _command(self, settled: Settled | None = None) -> Settle:
        return Settle(
            lead_uid=self._lead.uid,
            campaign_id=self._lead.campaign_id,
            now=self._parts.services.clock.now(),
            delivery=settled,
            revenue_share=self._campaign.entity.revenue_share,
        )

    def _concluding(self, command: Settle) -> Settle:
        """Add to ``command`` how the distribution ends, or when it goes on."""
        progress = self._progress
        self._record.passed = passed_over(self._record.passed, self._considered.excluded)
        if self._campaign.automation is not None:
            self._record.strategy = self._campaign.automation.key
        if isinstance(progress.halted, Stop):
            self._record.stopped = progress.halted.reason
        command.record = self._record
        command.revision = self._parts.catalog.revision
        command.owner = self._parts.owner
        if progress.waiting:
            command.put_off = min(progress.waiting)
        else:
            command.ended = progress.ended(self._record)
        return command


def _since(began_ns: int) -> int:
    return (perf_counter_ns() - began_ns) // 1000
