"""Intake: posts in, durable leads and answers out."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from leadexec.catalog.catalog import Catalog
from leadexec.contracts.lead import Lead
from leadexec.contracts.post import LeadAnswer, PostedLead, Receipt, RefusedPostError
from leadexec.contracts.services import Clock
from leadexec.intake.admission import AdmitPost, Repeated
from leadexec.intake.answers import answer_of, stored_answers
from leadexec.intake.decide import Decided, LeadDecider
from leadexec.intake.post import PostedRequest
from leadexec.storage.store import Store


class Taker(Protocol):
    """Who takes accepted leads on in this process; see ``leadexec.jobs.runner.Runner``."""

    owner: str
    lease: timedelta

    def accepting(self) -> bool:
        """Return whether it takes more now."""
        ...

    def offer(self, subject: str, lead: Lead | None = None) -> None:
        """Take on a lead whose job was committed in its name; ``lead`` spares reading it back."""
        ...

    def begin(
        self, subject: str, budget_until: float, lead: Lead | None = None
    ) -> "asyncio.Task[None]":
        """Begin at once with such a lead; a caller waits up to the monotonic instant."""
        ...


class Intake:
    """Decides posts in memory and stores each in one transaction before it is answered."""

    def __init__(
        self,
        catalog: Catalog,
        store: Store,
        decider: LeadDecider,
        *,
        taker: Taker,
        clock: Clock,
        answer_seconds: float,
        new_uid: Callable[[], str],
    ) -> None:
        """Put intake together; ``answer_seconds`` is how long an answer waits for deliveries."""
        self._catalog = catalog
        self._store = store
        self._decider = decider
        self._taker = taker
        self._clock = clock
        self._answer_seconds = answer_seconds
        self._new_uid = new_uid

    async def refuse(self, request: PostedRequest, status: int, code: str, detail: str) -> None:
        """Keep a post that is no lead, with why it was refused."""
        await self._store.write(
            AdmitPost(
                request=request,
                leads=(),
                status=status,
                code=code,
                detail=detail[:2000],
                revision=self._catalog.revision,
            )
        )

    async def receive(self, request: PostedRequest, posted: Sequence[PostedLead]) -> Receipt:
        """Store the leads of a post and return their answers, in order.

        Args:
            request: The post word for word.
            posted: Its leads; every campaign exists in the catalog.

        Raises:
            RefusedPostError: ``idempotency_mismatch``; the post is not kept yet.
            UnavailableError: Nothing was stored (or, ``outcome_unknown``, perhaps all of it).
        """
        began = self._clock.monotonic()
        # All at once: a check may wait, and a campaign be deleted meanwhile.
        campaigns = [self._catalog.campaigns[lead.campaign_id] for lead in posted]
        decided: list[Decided] = []
        for campaign, lead in zip(campaigns, posted, strict=True):
            found = await self._decider.decide(
                campaign,
                lead,
                uid=self._new_uid() if decided else request.uid,
                now=request.received_at,
                ip=request.post.remote_ip,
            )
            found.vouched = bool(request.post.vouched)
            decided.append(found)
        inline = [lead for lead in decided if not _queued(lead)]
        mine = bool(inline) or self._taker.accepting()
        command = self._command(request, decided, mine=mine)
        outcome: Repeated | None = await self._store.write(command)
        if outcome is not None:
            return await self._repeat(request, outcome, inline)
        self._hand_over(decided, mine=mine)
        if inline:
            await self._wait_for(inline, began)
            answers = await self._stored(request.uid, inline)
            return Receipt(answers=answers, post=request.uid)
        return Receipt(answers=[answer_of(lead) for lead in decided], post=request.uid)

    def _command(
        self, request: PostedRequest, decided: Sequence[Decided], *, mine: bool
    ) -> AdmitPost:
        lease_until: datetime | None = request.received_at + self._taker.lease if mine else None
        return AdmitPost(
            request=request,
            leads=decided,
            status=200,
            code="received",
            detail="",
            revision=self._catalog.revision,
            idempotency_key=request.idempotency_key,
            owner=self._taker.owner if mine else "",
            lease_until=lease_until,
        )

    def _hand_over(self, decided: Sequence[Decided], *, mine: bool) -> None:
        if not mine or not self._taker.accepting():
            return  # the lease runs out, and whoever runs jobs takes them
        for lead in decided:
            at_once = lead.deliver_at is None
            if at_once and not lead.refused and lead.campaign.entity.use_delivery_queue:
                self._taker.offer(lead.lead.uid, _fresh(lead))

    async def _wait_for(self, inline: Sequence[Decided], began: float) -> None:
        """Distribute before the answer; what is not ready in time goes on behind it (``LS13``)."""
        until = began + self._answer_seconds
        tasks = [
            self._taker.begin(lead.lead.uid, until, _fresh(lead))
            for lead in inline
            if not lead.refused
        ]
        if tasks:
            left = max(0.0, until - self._clock.monotonic())
            await asyncio.wait(tasks, timeout=left)

    async def _repeat(
        self, request: PostedRequest, outcome: Repeated, inline: Sequence[Decided]
    ) -> Receipt:
        if not outcome.same_body:
            text = "This idempotency key was used before, with another post."
            raise RefusedPostError(422, "idempotency_mismatch", text)
        answers = await self._stored(outcome.request_uid, inline)
        return Receipt(answers=answers, post=request.uid)

    async def _stored(self, request_uid: str, inline: Sequence[Decided]) -> list[LeadAnswer]:
        campaigns = [lead.campaign.entity for lead in inline]
        waited = {campaign.id: campaign.allow_send_responses for campaign in campaigns}
        return await self._store.read(
            lambda connection: stored_answers(connection, request_uid, waited)
        )


def _queued(lead: Decided) -> bool:
    """Return whether the lead's distribution goes through the queue (``LS13``, ``LD3``)."""
    return lead.campaign.entity.use_delivery_queue or lead.deliver_at is not None


def _fresh(decided: Decided) -> Lead | None:
    """Return the lead, if nothing of its distribution is stored yet that must be read back."""
    return None if decided.order_id else decided.lead
