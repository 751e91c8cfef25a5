"""Posting leads to the receiver as many senders at once, and keeping count of its answers."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any, Final, Protocol

import anyio
import httpx
import msgspec

from leadexec.cli.demo.leads import PostedLead
from leadexec.cli.demo.platform import Credential
from leadexec.contracts.services import Clock
from leadexec.errors import UnavailableError

RECEIVER: Final = "/receiver/leads"
PINGS: Final = "/ping/leads"
PINGED: Final = frozenset({"State", "Zip", "LoanAmount", "CreditGrade", "Veteran"})
"""The fields that a ping tells: what decides, and nobody's name."""
TOKENS: Final = "/oauth2/token"
_TRIES: Final = 6
_REMEMBERED: Final = 20_000


class Percentiles(msgspec.Struct, kw_only=True, frozen=True):
    """How long answers took, in milliseconds; 0 while there are none."""

    count: int = 0
    p50: float = 0.0
    p99: float = 0.0


class Latencies:
    """The times that the last answers took."""

    def __init__(self) -> None:
        """Start without any."""
        self._seconds: deque[float] = deque(maxlen=_REMEMBERED)
        self._count = 0

    def add(self, seconds: float) -> None:
        """Take note of one answer."""
        self._seconds.append(seconds)
        self._count += 1

    def percentiles(self) -> Percentiles:
        """Return the percentiles by nearest rank, over the last 20,000 answers."""
        ordered = sorted(self._seconds)
        if not ordered:
            return Percentiles()
        p50, p99 = (ordered[-(-len(ordered) * part // 100) - 1] for part in (50, 99))
        return Percentiles(count=self._count, p50=round(p50 * 1000, 2), p99=round(p99 * 1000, 2))


class Tally:
    """What the receiver answered in this run."""

    def __init__(self) -> None:
        """Start with nothing posted."""
        self.posted = 0
        self.stored: Counter[str] = Counter()
        """Status of the lead (``accepted``, ``held``, ``rejected``) → answers."""
        self.refused: Counter[str] = Counter()
        """HTTP status → answers to posts that the receiver took for no lead."""
        self.pings: Counter[str] = Counter()
        """``accepted`` or ``refused`` → answers to pings; refused ones are posted no lead."""
        self.repeats = 0
        """Posts that were sent again because no proper answer came."""
        self.last_answer = 0.0
        """When the last answer came, by the monotonic clock; 0 before the first."""
        self.unanswered = 0
        """Posts that got no proper answer however often they were sent."""
        self.queued = Latencies()
        """Of campaigns whose deliveries happen after the answer."""
        self.waited = Latencies()
        """Of campaigns whose answer waits for the deliveries."""

    @property
    def leads(self) -> int:
        """Posts that the receiver says it stored a lead for."""
        return self.stored.total()


_STATUSES: Final[Mapping[int, str]] = {201: "accepted", 202: "held", 422: "rejected"}


class CampaignTarget(msgspec.Struct, kw_only=True, frozen=True):
    """Where a campaign's leads go."""

    id: int
    waits: bool = False
    """Whether its answers wait for the deliveries."""
    pings: bool = False
    """Whether its leads are offered by a ping first."""


class Sender(Protocol):
    """Posts one lead at a time."""

    async def post(self, lead: PostedLead) -> None:
        """Post ``lead`` and return when it is answered."""
        ...


class Poster:
    """Posts leads over HTTP with a token of its own, again if need be, under the same key."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        credential: Credential,
        campaigns: Mapping[str, CampaignTarget],
        clock: Clock,
        tally: Tally,
    ) -> None:
        """Make a poster.

        Args:
            http: Its ``base_url`` is the platform.
            credential: With the scope of the lead receiver.
            campaigns: Campaign name → where its leads go.
            clock: Times the answers.
            tally: Where answers are counted.
        """
        self._http = http
        self._credential = credential
        self._campaigns = campaigns
        self._clock = clock
        self._tally = tally
        self._token = ""
        self._renewal = anyio.Lock()

    async def post(self, lead: PostedLead) -> None:
        """Post ``lead`` until it is answered, six times at most, and count the answer."""
        self._tally.posted += 1
        target = self._campaigns[lead.campaign]
        body: dict[str, Any] = {"campaign": target.id, "fields": lead.fields}
        if target.pings:
            order = await self._ping(target, lead)
            if not order:
                return
            body["order_id"] = order
        content = msgspec.json.encode(body)
        for number in range(_TRIES):
            if number:
                self._tally.repeats += 1
                await self._clock.sleep(0.1 * 2**number)
            token = self._token or await self._renewed("")
            started = self._clock.monotonic()
            status = await self._send(content, lead.key, token)
            if status == httpx.codes.UNAUTHORIZED:
                await self._renewed(token)
            elif status != httpx.codes.TOO_MANY_REQUESTS and 0 < status < 500:
                latencies = self._tally.waited if target.waits else self._tally.queued
                self._tally.last_answer = self._clock.monotonic()
                latencies.add(self._tally.last_answer - started)
                self._count(status)
                return
        self._tally.unanswered += 1

    async def _ping(self, target: CampaignTarget, lead: PostedLead) -> str:
        """Return the Order ID that a ping for ``lead`` gets; empty when nobody wants it."""
        told = {name: value for name, value in lead.fields.items() if name in PINGED}
        content = msgspec.json.encode({"campaign": target.id, "fields": told})
        for _ in range(2):
            token = self._token or await self._renewed("")
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
            answer = await self._http.post(PINGS, content=content, headers=headers)
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                break
            await self._renewed(token)
        order: str = answer.json().get("order_id", "") if answer.is_success else ""
        self._tally.pings["accepted" if order else "refused"] += 1
        return order

    async def _send(self, content: bytes, key: str, token: str) -> int:
        """Return the status of the answer; 0 when there is none."""
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": key,
        }
        try:
            answer = await self._http.post(RECEIVER, content=content, headers=headers)
        except httpx.TransportError:
            return 0
        return answer.status_code

    def _count(self, status: int) -> None:
        if status in _STATUSES:
            self._tally.stored[_STATUSES[status]] += 1
        else:
            self._tally.refused[str(status)] += 1

    async def _renewed(self, expired: str) -> str:
        """Return a token other than ``expired``; of several callers one fetches it."""
        async with self._renewal:
            if self._token == expired:
                self._token = await fetch_token(self._http, self._credential)
        return self._token


async def fetch_token(http: httpx.AsyncClient, credential: Credential) -> str:
    """Return an access token for ``credential`` (RFC 6749, client credentials).

    Raises:
        UnavailableError: ``no_token``, with what was answered instead.
    """
    form = {
        "grant_type": "client_credentials",
        "client_id": credential.client_id,
        "client_secret": credential.client_secret,
    }
    answer = await http.post(TOKENS, data=form)
    if answer.status_code != httpx.codes.OK:
        raise UnavailableError(
            "no_token", f"{TOKENS} answered {answer.status_code}: {answer.text[:200]}"
        )
    token: str = answer.json()["access_token"]
    return token


async def post_all(
    leads: Iterable[PostedLead],
    poster: Sender,
    *,
    clock: Clock,
    stop: asyncio.Event,
    senders: int = 24,
    rate: float | None = None,
) -> None:
    """Post ``leads`` by ``senders`` at once until there are none left or ``stop`` is set.

    Args:
        leads: Read one by one, in order.
        poster: Sends them.
        clock: Keeps the rate.
        stop: No further lead is begun once it is set; those begun are finished first.
        senders: How many posts are under way at the same time, at most.
        rate: Leads a second, all senders together; None is as fast as they can.
    """
    pace = _paced(iter(leads), clock, rate, stop)
    turn = anyio.Lock()

    async def send() -> None:
        while not stop.is_set():
            async with turn:
                lead = await anext(pace, None)
            if lead is None or stop.is_set():
                return
            await poster.post(lead)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(senders):
                group.create_task(send())
    except ExceptionGroup as failed:
        # Whatever stops one sender stops all; the first reason is the one to read.
        raise failed.exceptions[0] from None


async def _paced(
    leads: Iterator[PostedLead], clock: Clock, rate: float | None, stop: asyncio.Event
) -> AsyncIterator[PostedLead]:
    """Yield ``leads`` evenly over time; who is late catches up by one second's worth at most."""
    due = clock.monotonic()
    for lead in leads:
        if rate:
            due = max(due + 1 / rate, clock.monotonic() - 1)
            await _pause(due - clock.monotonic(), clock, stop)
        yield lead


async def _pause(seconds: float, clock: Clock, stop: asyncio.Event) -> None:
    """Return after ``seconds``, or as soon as ``stop`` is set."""
    waits = (
        asyncio.ensure_future(clock.sleep(max(0.0, seconds))),
        asyncio.ensure_future(stop.wait()),
    )
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
