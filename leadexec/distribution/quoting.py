"""What a lead would bring, before it is there: the answer to a ping (``PP1``–``PP4``)."""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import Connection

from leadexec.catalog.compiled import CompiledCampaign
from leadexec.contracts.automation import Candidate, SortContext
from leadexec.contracts.lead import Lead
from leadexec.contracts.post import Post, PostedLead, Reason
from leadexec.contracts.quotes import Quote, QuoteTerms
from leadexec.contracts.validator import Pass, Reject
from leadexec.distribution.considering import Considered
from leadexec.distribution.holding import Held, HoldQuote
from leadexec.distribution.parts import Parts
from leadexec.distribution.pinging import Pinging
from leadexec.distribution.reserve import Offer
from leadexec.distribution.scripts import only_given
from leadexec.distribution.settle import SMALLEST
from leadexec.intake.claims import latest_claim
from leadexec.intake.decide import Decided, LeadDecider
from leadexec.intake.desk import IntakeDesk
from leadexec.intake.post import PostedRequest

RESERVE = 0.25
"""Seconds of the caller's time that are kept for everything but pinging."""
NOTHING = Decimal(0)


class Quoter:
    """Answers pings; implements ``leadexec.Quotes``."""

    def __init__(self, parts: Parts, decider: LeadDecider, desk: IntakeDesk) -> None:
        """Decide by ``decider``, take pings in through ``desk``."""
        self._parts = parts
        self._decider = decider
        self._desk = desk

    async def ask(self, post: Post, lead: PostedLead, terms: QuoteTerms) -> Quote:
        """Decide about what a ping tells of a lead, find its buyers, hold their limits, answer.

        Raises:
            RefusedPostError: The sender may not, or the campaign does not exist; the ping is kept.
            UnavailableError: Nothing was stored.
        """
        until = self._parts.services.clock.monotonic() + terms.seconds
        request = await self._desk.admit(post, [lead])
        campaign = self._parts.catalog.campaigns[lead.campaign_id]
        decided = await self._decider.decide_ping(
            campaign,
            lead,
            uid=request.uid,
            now=request.received_at,
            ip=post.remote_ip,
            required=terms.required,
        )
        if not decided.refused:
            await self._check_claims(decided)
        if decided.refused:
            return await self._refuse(request, decided.code, decided.reasons)
        offers = await self._offers(campaign, decided.lead, until)
        if isinstance(offers, Reason):
            return await self._refuse(request, offers.code, [offers])
        return await self._hold(request, decided, offers, terms)

    async def _check_claims(self, decided: Decided) -> None:
        """Ask whether the lead would be a duplicate, without claiming anything (``LS8``)."""
        now = decided.lead.received_at

        def question(connection: Connection) -> list[tuple[int, object]]:
            found = enumerate(decided.claims)
            return [(i, latest_claim(connection, wanted.claim, now)) for i, wanted in found]

        if not decided.claims:
            return
        for index, conflict in await self._parts.store.read(question):
            if conflict is None:
                continue
            used = decided.claims[index].used
            try:
                verdict = used.validator.on_conflict(decided.lead, conflict)  # type: ignore[arg-type]
            except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault is recorded, the ping refused
                self._parts.faults.record(used.plugin, f"on_conflict of '{used.key}'", error)
                decided.hold("check_could_not_run", f"The check '{used.key}' could not run.")
                return
            if isinstance(verdict, Reject):
                decided.reject([Reason(code=verdict.code, message=verdict.message)], final=True)
            elif not isinstance(verdict, Pass):
                decided.hold(verdict.code, verdict.message)
            if decided.refused:
                return

    async def _offers(
        self, campaign: CompiledCampaign, lead: Lead, until: float
    ) -> "list[Offer] | Reason":
        """Return whom the lead would be offered to, sorted unless that needs statistics."""
        parts = self._parts
        now = parts.services.clock.now()
        considered = Considered(parts.catalog, campaign, lead, now, parts.deliverer.circuits)
        admitted = [c for c in considered.all() if considered.admits(c.account_id, parts.faults)]
        pinging = Pinging(parts, campaign, lead)
        asked = [c for c in admitted if pinging.asks(c)]
        if asked:
            left = max(0.0, until - RESERVE - parts.services.clock.monotonic())
            silent = await pinging.ask(asked, left, share=1.0)
            admitted = [c for c in admitted if c.account_id not in silent]
        candidates = [pinging.bids.applied(c) for c in admitted]
        automation = campaign.automation
        if automation is not None and not automation.strategy.needs:
            try:
                context = SortContext(slots=campaign.entity.maximum_delivery_count)
                candidates = list(
                    only_given(automation.strategy.sort(candidates, context), candidates)
                )
            except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault is recorded, the ping refused
                fault = parts.faults.record(automation.plugin, "sorting candidates", error)
                return Reason(
                    code="automation_could_not_run",
                    message=f"The automation '{automation.key}' raised {fault.error}.",
                )
        return self._with_limits(considered, pinging, candidates)

    def _with_limits(
        self, considered: Considered, pinging: Pinging, candidates: Sequence[Candidate]
    ) -> list[Offer]:
        offers = considered.offers(iter(candidates), len(candidates), self._parts.faults)
        for offer in offers:
            offer.reference = pinging.bids.reference(offer.candidate.account_id)
        return offers

    async def _hold(
        self, request: PostedRequest, decided: Decided, offers: Sequence[Offer], terms: QuoteTerms
    ) -> Quote:
        campaign = decided.campaign
        held: Held = await self._parts.store.write(
            HoldQuote(
                order_id=decided.lead.uid,
                request=request,
                campaign=campaign,
                offers=offers,
                limits=campaign.limits(request.received_at) if campaign.limits else (),
                terms=terms,
                now=request.received_at,
                new_uid=self._parts.new_uid,
                pay=payer(campaign),
                revision=self._parts.catalog.revision,
            )
        )
        return Quote(
            accepted=held.accepted,
            post=request.uid,
            order_id=decided.lead.uid if held.accepted else "",
            price=held.price if held.accepted else NOTHING,
            expires_at=held.expires_at,
            code=held.code,
            reasons=held.reasons,
        )

    async def _refuse(self, request: PostedRequest, code: str, reasons: Sequence[Reason]) -> Quote:
        detail = "; ".join(reason.message for reason in reasons)
        await self._desk.keep(request, 200, f"ping_{code}"[:64], detail)
        return Quote(accepted=False, post=request.uid, code=code, reasons=list(reasons))


def payer(campaign: CompiledCampaign) -> Callable[[Decimal], Decimal]:
    """Return what the source is paid for a lead, by the revenue it brings (``LS3``, ``LS17``)."""
    price, percent = campaign.entity.price, campaign.entity.revenue_share

    def pay(revenue: Decimal) -> Decimal:
        share = (revenue * percent / 100).quantize(SMALLEST, ROUND_HALF_UP)
        return price + share

    return pay
