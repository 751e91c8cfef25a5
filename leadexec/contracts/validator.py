"""The contract of a check at intake."""

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeAlias

import msgspec

from leadexec.contracts.component import Component, S
from leadexec.contracts.lead import Lead, LeadTypeInfo
from leadexec.contracts.services import Services


class Stage(enum.IntEnum):
    """When a validator runs; stages run in this order, validators of one stage by key."""

    ACCESS = 10
    FIELDS = 20
    CRITERIA = 30
    COMPLIANCE = 40
    DUPLICATE = 50
    ENRICHMENT = 60
    GRADING = 70


class JobRequest(msgspec.Struct, kw_only=True, frozen=True):
    """A job to be committed together with the decision that asks for it."""

    kind: str
    """``<plugin>.<verb>``, registered by ``register_jobs``."""
    payload: Mapping[str, Any] = {}
    """JSON-able."""


class Pass(msgspec.Struct, kw_only=True, frozen=True, tag="pass"):
    """The lead may go on."""

    detail: str = ""
    """For the process log."""
    jobs: tuple[JobRequest, ...] = ()
    """Committed together with the lead."""
    only_accounts: tuple[int, ...] | None = None
    """Delivery accounts, the only ones that may get the lead (``GR2`` route to delivery account
    set); None: any. Of several checks that say so, the lead goes to those that all name."""


class Reject(msgspec.Struct, kw_only=True, frozen=True, tag="reject"):
    """The lead goes back to the source, with a reason."""

    code: str
    message: str
    jobs: tuple[JobRequest, ...] = ()


class Hold(msgspec.Struct, kw_only=True, frozen=True, tag="hold"):
    """The lead waits for a person (quality control), with a reason."""

    code: str
    message: str


Verdict: TypeAlias = Pass | Reject | Hold


class Claim(msgspec.Struct, kw_only=True, frozen=True):
    """A key that a lead wants to hold alone; checked and taken in the transaction of intake.

    Two leads that arrive at the same instant, in any process, cannot both get it. A lead that
    ``on_conflict`` rejects or holds leaves the key to the earlier lead, so that the next conflict
    names the original and its time does not begin anew.
    """

    scope: str
    """Whose keys these are, at most 64 characters (``duplicate:3``)."""
    key: str
    """At most 64 characters. Hash what is personal."""
    lookback: timedelta | None
    """An earlier claim counts only within this time; None means for ever."""
    on_rejected: bool = False
    """True: rejected leads take the key too, and their keys stand in the way of later leads."""


class Conflict(msgspec.Struct, kw_only=True, frozen=True):
    """The earlier lead that holds a claimed key."""

    claim: Claim
    lead_uid: str
    claimed_at: datetime
    rejected: bool
    """Whether the earlier lead was itself rejected."""


class ValidatorSetup(msgspec.Struct, kw_only=True, frozen=True):
    """What an instance is made for: one campaign."""

    campaign_id: int
    lead_type: LeadTypeInfo
    services: Services


class Validator(Component[S]):
    """A check that a campaign can switch on (``LS8``, ``LT6``, ``TC5`` …).

    ``check`` is awaited once for each lead that got that far, outside any transaction; it may
    amend ``lead.fields`` (values must fit the field's kind) and must answer within the kernel's
    deadline (5 s by default). What it found out about the lead goes to ``lead.facts`` under its
    plugin's name, and is stored and shown with the lead. It does not change the database: what must
    be exact under concurrency is asked for by ``claims``. Override only what is needed: what is not
    overridden costs nothing.

    If ``check``, ``claims`` or ``on_conflict`` raises or is late, the lead is **held**, never
    passed, and the fault is recorded with the plugin's name (fail closed).
    """

    stage: ClassVar[Stage]

    def __init__(self, settings: S, setup: ValidatorSetup) -> None:
        """Compile ``settings`` for one campaign; raise ``ConfigurationError`` with every fault."""
        self.settings = settings
        self.setup = setup

    def reads(self) -> frozenset[str]:
        """Return the names of the lead fields this check looks at."""
        return frozenset()

    async def check(self, lead: Lead) -> Verdict:
        """Return the verdict on ``lead``."""
        return Pass()

    def claims(self, lead: Lead) -> Sequence[Claim]:
        """Return the keys ``lead`` wants to hold alone. Pure; also called for rejected leads."""
        return ()

    def on_conflict(self, lead: Lead, conflict: Conflict) -> Verdict:
        """Decide about a lead whose claim meets an earlier one. Pure; called in the transaction.

        ``Pass`` lets both stand; the newer lead then holds the key.
        """
        return Reject(code="already_claimed", message="Another lead holds the same key.")
