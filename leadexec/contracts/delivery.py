"""The contract of a delivery method: how a lead reaches a client, and how the answer is read."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol, TypeAlias

import msgspec

from leadexec.contracts.component import Component, S
from leadexec.contracts.lead import Lead, LeadTypeInfo
from leadexec.contracts.services import Services


class Sale(msgspec.Struct, kw_only=True, frozen=True):
    """The delivery that a lead is prepared for: whose it is and at what price."""

    delivery_uid: str
    """Names this delivery for ever, over retries and restarts; the idempotency key."""
    client_id: int
    client_name: str
    account_id: int
    account_name: str
    price: Decimal
    reference: str = ""
    """The buyer's own id from an earlier ping, when there was one."""


class Outgoing(msgspec.Struct, kw_only=True, frozen=True):
    """What is to be sent: the lead, the delivery, the fields as the method's mapping has them."""

    lead: Lead
    sale: Sale
    fields: Mapping[str, str]
    """Outgoing name → text, after field mappings, static fields, system tags, value mappings."""
    tags: Mapping[str, str]
    """System tag (``lead_uid``, ``price``, ``client_name`` …) and lead field name → text, for
    templates."""


class Prepared(msgspec.Struct, kw_only=True):
    """A rendered request. Methods subclass it with what ``deliver`` needs."""

    request: str
    """What will be sent, as a person reads it; secrets are masked. Stored with each attempt."""


class Exchange(msgspec.Struct, kw_only=True, frozen=True):
    """One request and its answer, recorded word for word (``DM11``)."""

    request: str
    response: str = ""
    status: int | None = None
    """The protocol's status code, where it has one."""
    elapsed_us: int = 0
    truncated: bool = False


class Attempt(Protocol):
    """One try at one delivery."""

    idempotency_key: str
    """The same for every try of this delivery. Send it, so that a buyer can know a repeat."""
    number: int
    """1 for the first try."""

    def remaining(self) -> float:
        """Return how many seconds this try may still take; 0 when the time is up."""
        ...

    def record(self, exchange: Exchange) -> None:
        """Keep an exchange in the delivery's history; also before raising."""
        ...


class Accepted(msgspec.Struct, kw_only=True, frozen=True, tag="accepted"):
    """The buyer clearly took the lead."""

    price: Decimal | None = None
    """What the buyer says it pays; None keeps the agreed price."""
    reference: str = ""
    redirect_url: str = ""
    reason: str = ""


class Rejected(msgspec.Struct, kw_only=True, frozen=True, tag="rejected"):
    """The buyer declined, or its answer holds no clear accept."""

    code: str
    reason: str = ""
    duplicate: bool = False


class Failed(msgspec.Struct, kw_only=True, frozen=True, tag="failed"):
    """The buyer could not be reached or could not answer."""

    code: str
    reason: str = ""
    retry: bool = True
    """Whether trying again may help."""


Outcome: TypeAlias = Accepted | Rejected | Failed


class Bid(msgspec.Struct, kw_only=True, frozen=True, tag="bid"):
    """The buyer would take the lead at this price."""

    price: Decimal
    """More than zero: it counts as the price of the delivery account (``DI1``)."""
    reference: str = ""
    """The buyer's id of its bid; handed back with the lead, as ``Sale.reference``."""
    expires_in: float | None = None
    """Seconds the bid holds; None: the buyer does not say."""
    reason: str = ""


class NoBid(msgspec.Struct, kw_only=True, frozen=True, tag="no_bid"):
    """The buyer does not want the lead, or its answer holds no clear bid."""

    code: str
    reason: str = ""


PingOutcome: TypeAlias = Bid | NoBid | Failed


class DeliverySetup(msgspec.Struct, kw_only=True, frozen=True):
    """What an instance is made for: one configured delivery method."""

    method_id: int
    """0 while a method is checked before it is first saved."""
    lead_type: LeadTypeInfo
    production: bool
    """False: the environment is Testing, use the testing address."""
    services: Services


class DeliveryMethod(Component[S], ABC):
    """A way to hand over a lead (``DM1``–``DM9``).

    ``prepare`` renders, ``deliver`` sends and reads the answer. The kernel has reserved the
    account's limits before, and settles after: it stores the price, gives limits back when the
    buyer did not accept, and retries ``Failed(retry=True)`` as the method is configured, with the
    same ``idempotency_key``. A crash between the two may repeat ``deliver`` with the same key.

    What ``prepare`` raises is a ``Failed`` without retry, what ``deliver`` raises a ``Failed`` with
    retry, recorded with the plugin's name. No clear accept means not accepted.
    """

    timeout: float = 30.0
    """Seconds one try may take; set it from the settings in the constructor."""

    def __init__(self, settings: S, setup: DeliverySetup) -> None:
        """Compile ``settings``; raise ``ConfigurationError`` with every fault."""
        self.settings = settings
        self.setup = setup

    @abstractmethod
    def prepare(self, outgoing: Outgoing) -> Prepared:
        """Return the request for ``outgoing``. Pure and quick: it is the preview, too."""

    @abstractmethod
    async def deliver(self, prepared: Prepared, attempt: Attempt) -> Outcome:
        """Send ``prepared``, record the exchange, return what the buyer said.

        Runs in no transaction. Must end within ``attempt.remaining()`` seconds (it is cancelled
        then) and must read a bounded part of the answer.
        """


class PingingDeliveryMethod(DeliveryMethod[S], ABC):
    """A delivery method whose buyer is asked for a bid before leads are sorted (``PP4``, ``DM2``).

    All buyers of a lead that are pinged are asked at the same time, within one deadline; whoever
    is late has not bid. A bid becomes the price that the lead is sorted and reserved at, its
    reference is in ``Outgoing.sale`` when the lead itself is delivered. What ``prepare_ping`` or
    ``ping`` raises is no bid, recorded with the plugin's name; nothing is pinged twice while a bid
    holds. A ping carries only what the method's ping mapping says: a buyer that does not get the
    lead must not get the person.
    """

    pings: bool = True
    """Whether this configured method pings; set it from the settings in the constructor."""
    ping_timeout: float = 5.0
    """Seconds one ping may take; the kernel's deadline for all may be shorter."""

    @abstractmethod
    def prepare_ping(self, outgoing: Outgoing) -> Prepared:
        """Return the ping for ``outgoing``, whose sale has the account's own price. Pure, quick."""

    @abstractmethod
    async def ping(self, prepared: Prepared, attempt: Attempt) -> PingOutcome:
        """Send ``prepared``, record the exchange, return the bid; in ``attempt.remaining()`` s."""
