"""Intake: posts in, durable leads and answers out."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from leadexec.catalog.catalog import Catalog
from leadexec.contracts.services import Clock
from leadexec.intake.admission import AdmitPost, Repeated
from leadexec.intake.answers import LeadAnswer, answer_of, stored_answers
from leadexec.intake.decide import Decided, LeadDecider
from leadexec.intake.post import PostedLead, PostedRequest
from leadexec.storage.store import Store


class Taker(Protocol):
    """Who takes accepted leads on in this process; see ``leadexec.jobs.runner.Runner``."""

    owner: str
    lease: timedelta

    def accepting(self) -> bool:
        """Return whether it takes more now."""
        ...

    def offer(self, subject: str) -> None:
        """Take on a lead whose job was committed in its name."""
        ...


class Receipt(msgspec.Struct, kw_only=True, frozen=True):
    """What a post came to."""

    answers: Sequence[LeadAnswer]
    mismatch: bool = False
    """The idempotency key was used before with another body (``RC2``)."""


class Intake:
    """Decides posts in memory and stores each in one transaction before it is answered."""

    def __init__(
        self,
        catalog: Catalog,
        store: Store,
        decider: LeadDecider,
        taker: Taker,
        distribute: Callable[[str, float], Awaitable[None]],
        clock: Clock,
        answer_seconds: float,
        new_uid: Callable[[], str],
    ) -> None:
        """Put intake together; ``answer_seconds`` is how long an answer waits for deliveries."""
        self._catalog = catalog
        self._store = store
        self._decider = decider
        self._taker = taker
        self._distribute = distribute
        self._clock = clock
        self._answer_seconds = answer_seconds
        self._new_uid = new_uid
        self._background: set[asyncio.Future[None]] = set()

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
            UnavailableError: Nothing was stored (or, ``outcome_unknown``, perhaps all of it).
        """
        began = self._clock.monotonic()
        decided = [await self._decide(request, lead, index) for index, lead in enumerate(posted)]
        inline = [lead for lead in decided if not lead.campaign.entity.use_delivery_queue]
        mine = bool(inline) or self._taker.accepting()
        command = self._command(request, decided, mine=mine)
        outcome: Repeated | None = await self._store.write(command)
        if outcome is not None:
            return await self._repeat(outcome, inline)
        self._hand_over(decided, mine=mine)
        if inline:
            await self._wait_for(inline, began)
            if any(lead.campaign.entity.allow_send_responses for lead in inline):
                return Receipt(answers=await self._stored(request.uid))
        return Receipt(answers=[answer_of(lead) for lead in decided])

    async def _decide(self, request: PostedRequest, posted: PostedLead, index: int) -> Decided:
        campaign = self._catalog.campaigns[posted.campaign_id]
        uid = request.uid if index == 0 else self._new_uid()
        return await self._decider.decide(
            campaign, posted, uid, request.received_at, request.remote_ip
        )

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
        if not mine:
            return
        for lead in decided:
            if not lead.refused and lead.campaign.entity.use_delivery_queue:
                self._taker.offer(lead.lead.uid)

    async def _wait_for(self, inline: Sequence[Decided], began: float) -> None:
        """Distribute before the answer; what is not ready in time goes on behind it (``LS13``)."""
        until = began + self._answer_seconds
        tasks = [
            asyncio.ensure_future(self._distribute(lead.lead.uid, until))
            for lead in inline
            if not lead.refused
        ]
        for task in tasks:
            self._background.add(task)
            task.add_done_callback(self._background.discard)
        if tasks:
            left = max(0.0, until - self._clock.monotonic())
            await asyncio.wait(tasks, timeout=left)

    async def _repeat(self, outcome: Repeated, inline: Sequence[Decided]) -> Receipt:
        if not outcome.same_body:
            return Receipt(answers=(), mismatch=True)
        shown = any(lead.campaign.entity.allow_send_responses for lead in inline)
        return Receipt(answers=await self._stored(outcome.request_uid, with_deliveries=shown))

    async def _stored(self, request_uid: str, *, with_deliveries: bool = True) -> list[LeadAnswer]:
        return await self._store.read(
            lambda connection: stored_answers(
                connection, request_uid, with_deliveries=with_deliveries
            )
        )

    async def aclose(self) -> None:
        """Let deliveries that go on behind their answers end."""
        if self._background:
            await asyncio.wait(self._background)
