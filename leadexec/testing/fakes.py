"""Stand-ins for what the kernel lends to plugins: quick, in memory, repeatable, inspectable."""

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, Table, create_engine
from sqlalchemy.pool import StaticPool

from leadexec.contracts.campaigns import CampaignInfo, Campaigns
from leadexec.contracts.delivery import Exchange
from leadexec.contracts.erasure import Erasure
from leadexec.contracts.lead import Lead
from leadexec.contracts.quotes import Quotes
from leadexec.contracts.services import (
    Clock,
    Entities,
    Grading,
    Jobs,
    LeadActs,
    LeadIntake,
    Lookups,
    OutboundHttp,
    Randomness,
    Services,
    Storage,
)
from leadexec.contracts.tokens import Tokens
from leadexec.contracts.validator import Claim, Conflict, Validator
from leadexec.contracts.values import RawValue
from leadexec.errors import NotFoundError
from leadexec.model.entity import Entity
from leadexec.model.registry import EntityRegistry
from leadexec.security.secrets import Cipher
from leadexec.storage.database import JSON_OPTIONS
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.plugin_storage import EntityAccess
from leadexec.storage.schema import kernel_metadata
from leadexec.testing.asking import (
    FakeGrading,
    FakeIntake,
    FakeJobs,
    FakeLookups,
    FakeQuotes,
    FakeTokens,
)
from leadexec.testing.clock import FakeClock, FakeRandomness
from leadexec.testing.erasure import FakeErasure
from leadexec.testing.outbound import FakeHttp

E = TypeVar("E", bound=Entity)
T = TypeVar("T")


class FakeStorage:
    """A ``Storage`` over a SQLite database in memory.

    It has the tables of the entities it is given; a test makes all others it needs.
    """

    def __init__(self, *entities: type[Entity], clock: Clock | None = None) -> None:
        """Open a database for ``entities``; it closes with the last reference to this object."""
        self.engine: Engine = create_engine(
            "sqlite://",
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
            **JSON_OPTIONS,
        )
        weakref.finalize(self, self.engine.dispose)
        self._clock: Clock = clock or FakeClock()
        self._tables = EntityTables(EntityRegistry(("plugin", struct) for struct in entities))
        if entities:
            for metadata in (kernel_metadata, self._tables.metadata):
                metadata.create_all(self.engine)

    async def read(self, question: Callable[[Connection], T]) -> T:
        """Run ``question`` and return its answer; whatever it changed is taken back."""
        with self.engine.connect() as connection:
            return question(connection)

    async def change(self, act: Callable[[Connection], T]) -> T:
        """Run ``act``, commit, return its result; if it raises, nothing is changed."""
        with self.engine.begin() as connection:
            return act(connection)

    def table(self, struct: type[Entity]) -> Table:
        """Return the table of an entity; raises ``KeyError`` for one it was not given."""
        return self._tables.of(struct).table

    def entities(self, struct: type[E]) -> Entities[E]:
        """Return access to an entity; raises ``KeyError`` for one it was not given."""
        self._tables.of(struct)
        cipher = Cipher([bytes(32)])
        return EntityAccess(struct, self._tables, cipher, self._clock, "plugin")


class Appended(msgspec.Struct, kw_only=True, frozen=True):
    """A call of ``append_fields``."""

    lead_uid: str
    fields: Mapping[str, Any]
    reason: str


class Redelivered(msgspec.Struct, kw_only=True, frozen=True):
    """A call of ``redeliver``."""

    lead_uid: str
    reason: str


class FakeLeadActs:
    """A ``LeadActs`` that records what is asked of it, and a claims table in memory."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Take the ``clock`` by which claims grow old."""
        self.appended: list[Appended] = []
        self.redelivered: list[Redelivered] = []
        self._clock: Clock = clock or FakeClock()
        self._holders: dict[tuple[str, str], Conflict] = {}

    async def append_fields(self, lead_uid: str, fields: Mapping[str, Any], reason: str) -> int:
        """Record the call; every field counts as filled."""
        self.appended.append(Appended(lead_uid=lead_uid, fields=dict(fields), reason=reason))
        return len(fields)

    async def redeliver(self, lead_uid: str, reason: str) -> int:
        """Record the call; one delivery counts as queued, the first time with this reason."""
        call = Redelivered(lead_uid=lead_uid, reason=reason)
        self.redelivered.append(call)
        return int(self.redelivered.count(call) == 1)

    async def claimed(self, claim: Claim) -> Conflict | None:
        """Return the lead that holds the key of ``claim``, judged as at intake."""
        holder = self._holders.get((claim.scope, claim.key))
        if holder is None or (holder.rejected and not claim.on_rejected):
            return None
        old = claim.lookback is not None and holder.claimed_at < self._clock.now() - claim.lookback
        return None if old else msgspec.structs.replace(holder, claim=claim)

    def hold(
        self,
        claim: Claim,
        lead_uid: str,
        *,
        at: datetime | None = None,
        rejected: bool = False,
    ) -> Conflict:
        """Let a lead hold the key of ``claim`` from ``at`` (now) on; return what stands there."""
        holder = Conflict(
            claim=claim, lead_uid=lead_uid, claimed_at=at or self._clock.now(), rejected=rejected
        )
        self._holders[claim.scope, claim.key] = holder
        return holder


class FakeCampaigns:
    """A ``Campaigns`` of those that a test adds."""

    def __init__(self) -> None:
        """Start without campaigns."""
        self._drafts: dict[int, Callable[[Mapping[str, RawValue]], Lead]] = {}
        self._validators: dict[tuple[int, str], Validator[Any]] = {}
        self._infos: dict[int, CampaignInfo] = {}

    def tell(self, info: CampaignInfo) -> None:
        """Have a campaign that ``info`` and ``find`` know."""
        self._infos[info.id] = info

    def info(self, campaign_id: int) -> CampaignInfo:
        """Return a campaign that was told.

        Raises:
            NotFoundError: ``unknown_campaign``.
        """
        if campaign_id not in self._infos:
            raise NotFoundError("unknown_campaign", f"There is no campaign {campaign_id}.")
        return self._infos[campaign_id]

    def find(
        self, *, source_id: int | None = None, lead_type_id: int | None = None
    ) -> Sequence[CampaignInfo]:
        """Return the campaigns that were told and fit, by id."""
        return [
            info
            for _, info in sorted(self._infos.items())
            if source_id in (None, info.source_id) and lead_type_id in (None, info.lead_type_id)
        ]

    def add(
        self,
        campaign_id: int,
        draft: Callable[[Mapping[str, RawValue]], Lead],
        *validators: Validator[Any],
    ) -> None:
        """Add a campaign whose field types are played by ``draft``."""
        self._drafts[campaign_id] = draft
        for validator in validators:
            self._validators[campaign_id, validator.key] = validator

    def draft(self, campaign_id: int, fields: Mapping[str, RawValue]) -> Lead:
        """Return what the campaign's ``draft`` makes of ``fields``.

        Raises:
            NotFoundError: ``unknown_campaign``.
        """
        if campaign_id not in self._drafts:
            raise NotFoundError("unknown_campaign", f"There is no campaign {campaign_id}.")
        return self._drafts[campaign_id](fields)

    def validator(self, campaign_id: int, key: str) -> Validator[Any] | None:
        """Return the campaign's validator with that key, or None."""
        return self._validators.get((campaign_id, key))


@dataclass
class _FakeServices:
    clock: Clock
    randomness: Randomness
    http: OutboundHttp
    storage: Storage
    leads: LeadActs
    campaigns: Campaigns
    lookups: Lookups
    grading: Grading
    intake: LeadIntake
    quotes: Quotes
    tokens: Tokens
    jobs: Jobs
    erasure: Erasure


def fake_services(
    *,
    clock: Clock | None = None,
    randomness: Randomness | None = None,
    http: OutboundHttp | None = None,
    storage: Storage | None = None,
    leads: LeadActs | None = None,
    campaigns: Campaigns | None = None,
    lookups: Lookups | None = None,
    grading: Grading | None = None,
    intake: LeadIntake | None = None,
    quotes: Quotes | None = None,
    tokens: Tokens | None = None,
    jobs: Jobs | None = None,
    erasure: Erasure | None = None,
) -> Services:
    """Return ``Services`` made of fakes, with those given put in their places.

    To look into a fake afterwards, make it in the test and hand it in.
    """
    clock = clock or FakeClock()
    return _FakeServices(
        clock=clock,
        randomness=randomness or FakeRandomness(),
        http=http or FakeHttp(),
        storage=storage or FakeStorage(),
        leads=leads or FakeLeadActs(clock),
        campaigns=campaigns or FakeCampaigns(),
        lookups=lookups or FakeLookups(),
        grading=grading or FakeGrading(),
        intake=intake or FakeIntake(),
        quotes=quotes or FakeQuotes(),
        tokens=tokens or FakeTokens(),
        jobs=jobs or FakeJobs(),
        erasure=erasure or FakeErasure(),
    )


class FakeAttempt:
    """An ``Attempt`` whose deadline is the test's and whose exchanges can be looked at."""

    def __init__(
        self,
        *,
        idempotency_key: str = "0193f2a0-0000-7000-8000-00000000a001",
        number: int = 1,
        seconds: float = 30.0,
        clock: Clock | None = None,
    ) -> None:
        """Allow ``seconds`` from now on ``clock``; without one they do not run down."""
        self.idempotency_key = idempotency_key
        self.number = number
        self.exchanges: list[Exchange] = []
        """What was recorded, in order."""
        self._clock: Clock = clock or FakeClock()
        self._ends = self._clock.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds left; 0 when the time is up."""
        return max(0.0, self._ends - self._clock.monotonic())

    def record(self, exchange: Exchange) -> None:
        """Keep ``exchange``."""
        self.exchanges.append(exchange)
