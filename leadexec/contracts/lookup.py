"""The contract of a provider of facts about phones, addresses, places, IPs and mailboxes."""

from abc import ABC, abstractmethod
from decimal import Decimal
from typing import ClassVar, Generic, TypeVar

import msgspec

from leadexec.contracts.component import Component, S
from leadexec.contracts.services import Services


class Question(msgspec.Struct, kw_only=True, frozen=True):
    """What is asked; equal questions have equal answers for a while, so answers are kept."""


class Facts(msgspec.Struct, kw_only=True, frozen=True):
    """What a provider knows. Whatever it does not know is None."""


class PhoneQuestion(Question, kw_only=True, frozen=True, tag="phone"):
    """Asks about a phone number."""

    number: str
    """Ten digits for the US and Canada, else E.164 with its plus."""


class PhoneFacts(Facts, kw_only=True, frozen=True):
    """What is known of a phone number."""

    possible: bool | None = None
    """Whether such a number can exist under its numbering plan."""
    registered: bool | None = None
    """Whether somebody has it now; only a provider with line data knows."""
    mobile: bool | None = None
    carrier: str | None = None
    region: str | None = None
    """State or country the number belongs to."""


class EmailQuestion(Question, kw_only=True, frozen=True, tag="email"):
    """Asks about a mailbox."""

    address: str


class EmailFacts(Facts, kw_only=True, frozen=True):
    """What is known of a mailbox."""

    deliverable: bool | None = None
    disposable: bool | None = None


class AddressQuestion(Question, kw_only=True, frozen=True, tag="address"):
    """Asks about a postal address; empty parts are not known."""

    address: str
    address_2: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = "US"


class AddressFacts(Facts, kw_only=True, frozen=True):
    """A postal address in its standard form (USPS Publication 28 for the US)."""

    address: str | None = None
    address_2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    deliverable: bool | None = None
    """Whether mail arrives there; only a provider with postal data knows."""
    latitude: Decimal | None = None
    longitude: Decimal | None = None


class PlaceQuestion(Question, kw_only=True, frozen=True, tag="place"):
    """Asks which place a postal code belongs to."""

    postal_code: str
    country: str = "US"


class PlaceFacts(Facts, kw_only=True, frozen=True):
    """The place of a postal code."""

    city: str | None = None
    state: str | None = None
    """The code, such as AZ or ON."""
    county: str | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    time_zone: str | None = None
    """IANA name."""


class IpQuestion(Question, kw_only=True, frozen=True, tag="ip"):
    """Asks where an IP address is."""

    address: str


class IpFacts(Facts, kw_only=True, frozen=True):
    """Where an IP address is, roughly."""

    country: str | None = None
    """ISO 3166 alpha-2."""
    state: str | None = None
    city: str | None = None
    postal_code: str | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    proxy: bool | None = None


Q = TypeVar("Q", bound=Question)
F = TypeVar("F", bound=Facts)


class Answer(msgspec.Struct, Generic[F], kw_only=True, frozen=True):
    """What came of a question: the facts, or why there are none. Nobody has to catch anything."""

    facts: F | None
    """None: the provider knows nothing, or could not be asked."""
    provider: str
    """The key of the lookup that was asked; empty when there is none for that question."""
    problem: str = ""
    """Why it could not be asked, for the process log: none installed, too late, it raised."""
    kept: bool = False
    """Whether the answer was kept from an earlier, equal question."""


class Lookup(Component[S], Generic[S, Q, F], ABC):
    """A provider of facts (``LS10``, ``GR1``): a data file, a library, somebody's service.

    Made once, at start, with the settings under ``[plugins.<plugin>.lookups.<key>]`` of the
    settings file. Which provider answers which question is said under ``[lookups]``; without a
    word there, an offline one does. Plugins ask through ``services.lookups``, which keeps answers,
    stops waiting after the asker's time, and never raises: what raises here is recorded with the
    plugin's name and answered as "unknown".
    """

    asks: ClassVar[type[Question]]
    """The kind of question it answers."""
    offline: ClassVar[bool] = False
    """Whether it answers without asking anybody outside: only such a one is used unasked."""
    quick: ClassVar[bool] = False
    """Whether ``look_up`` awaits nothing, so that nobody needs to watch over it: a table in memory,
    a calculation. It is asked without a task and a timer of its own."""
    keep_seconds: ClassVar[float] = 86_400.0
    """How long an answer stays good."""

    def __init__(self, settings: S, services: Services) -> None:
        """Open what is needed; raise ``ConfigurationError`` with every fault."""
        self.settings = settings
        self.services = services

    @abstractmethod
    async def look_up(self, question: Q) -> F | None:
        """Return what is known, or None. It must not block the event loop."""
