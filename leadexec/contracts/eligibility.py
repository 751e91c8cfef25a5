"""The contract of an eligibility rule: may this delivery account have this lead now?"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

import msgspec

from leadexec.contracts.component import Component, S
from leadexec.contracts.lead import Lead
from leadexec.contracts.services import Services


class Excluded(msgspec.Struct, kw_only=True, frozen=True):
    """Why a delivery account is out for one lead."""

    code: str
    text: str


class Limit(msgspec.Struct, kw_only=True, frozen=True):
    """A counter to be raised by ``amount`` if it stays within ``limit``; given back if unsold.

    All limits of a delivery account are taken together or not at all, in the reserve transaction.
    """

    key: str
    """The counter (``account:7:day``), at most 64 characters."""
    window: str
    """The window it counts in (``2026-11-23``), so that a new window starts at zero."""
    limit: int
    amount: int = 1
    text: str = ""
    """How the limit is called in an explanation ("daily limit of 50")."""


class AccountSetup(msgspec.Struct, kw_only=True, frozen=True):
    """The delivery account a rule is compiled for, with what it hangs on."""

    account_id: int
    client_id: int
    method_id: int
    lead_type_id: int
    price: Decimal
    time_zone: str
    """IANA name: the client's zone, in which windows and schedules are reckoned."""
    account: msgspec.Struct
    """The ``DeliveryAccount`` entity."""
    client: msgspec.Struct
    """The ``Client`` entity."""
    method: msgspec.Struct
    """The ``ConfiguredDeliveryMethod`` entity."""


class Consideration(msgspec.Struct, kw_only=True, frozen=True):
    """The lead and the instant an account is considered for."""

    lead: Lead
    now: datetime


class AccountRule(Protocol):
    """A rule compiled for one delivery account."""

    def check(self, consideration: Consideration) -> Excluded | None:
        """Return why the account is out, or None. Pure, synchronous, microseconds."""
        ...

    def limits(self, now: datetime) -> Sequence[Limit]:
        """Return the limits that a sale at ``now`` takes up."""
        ...


class EligibilityRule(Component[S], ABC):
    """A rule beside the criteria that admits or excludes delivery accounts (``CL2``, ``DI11`` …).

    Registered once for the whole system and made once, when its plugin loads, with the settings
    under ``[plugins.<plugin>.rules.<key>]`` of the settings file (none: the defaults).
    ``compile`` is called when an account enters the catalog;
    accounts the rule does not concern cost nothing on a lead's way. If ``compile``, ``check`` or
    ``limits`` raises, the account is excluded (fail closed) and the fault recorded.
    """

    order: int = 50
    """Rules run from small to large; cheap and general ones first."""

    def __init__(self, settings: S, services: Services) -> None:
        """Take the validated ``settings``; raise ``ConfigurationError`` with every fault."""
        self.settings = settings
        self.services = services

    @abstractmethod
    def compile(self, account: AccountSetup) -> AccountRule | None:
        """Return the rule for ``account``, or None where it does not concern it."""
