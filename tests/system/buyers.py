"""Buyers in memory: each says what the test tells it to, and the market remembers every post."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal
from importlib.metadata import EntryPoint
from typing import Annotated, Any, TypeAlias, cast

from msgspec import Meta, Struct

from leadexec import (
    Accepted,
    Attempt,
    Bid,
    DeliveryMethod,
    DeliverySetup,
    Exchange,
    Failed,
    NoBid,
    NoSettings,
    Outcome,
    Outgoing,
    PingingDeliveryMethod,
    PingOutcome,
    Plugin,
    Prepared,
    Rejected,
    Sale,
    hookimpl,
)

ACCEPTS = Accepted()
REJECTS = Rejected(code="not_wanted", reason="no thanks")
FAILS = Failed(code="unreachable", reason="nobody home")


class Posted(Struct, kw_only=True, frozen=True):
    """One try at a delivery, as the buyer saw it."""

    buyer: str
    key: str
    number: int
    sale: Sale
    fields: dict[str, str]


BidAnswer: TypeAlias = PingOutcome | BaseException | Callable[[], Awaitable[PingOutcome]]
Answer: TypeAlias = Outcome | BaseException | Callable[[Posted], Outcome | Awaitable[Outcome]]


class Market:
    """All buyers of a test: what they answer and what they got."""

    def __init__(self) -> None:
        """Let every buyer accept everything."""
        self.posts: list[Posted] = []
        self.arrived = asyncio.Event()
        """Set whenever a buyer is asked."""
        self._answers: dict[str, list[Answer]] = {}
        self._asked: defaultdict[str, int] = defaultdict(int)
        self.pinged: list[str] = []
        """The buyers that were asked for a bid, in order."""
        self._bids: dict[str, list[BidAnswer]] = {}

    def bids(self, buyer: str, *answers: BidAnswer) -> None:
        """Let ``buyer`` answer its pings so, one after another; the last one repeats."""
        self._bids[buyer] = list(answers)

    async def bid(self, buyer: str) -> PingOutcome:
        """Answer a ping as the test says; without a word of it, there is no bid."""
        answers = self._bids.get(buyer, [NoBid(code="no_bid")])
        answer = answers[min(self.pinged.count(buyer), len(answers) - 1)]
        self.pinged.append(buyer)
        self.arrived.set()
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, Bid | NoBid | Failed) else await answer()

    def answers(self, buyer: str, *answers: Answer) -> None:
        """Let ``buyer`` give these answers, one after another; the last one repeats."""
        self._answers[buyer] = list(answers)
        self._asked[buyer] = 0

    def of(self, buyer: str) -> list[Posted]:
        """Return what ``buyer`` was sent."""
        return [post for post in self.posts if post.buyer == buyer]

    def asked(self) -> list[str]:
        """Return the buyers' names in the order in which they were asked."""
        return [post.buyer for post in self.posts]

    async def ask(self, post: Posted) -> Outcome:
        """Answer as the test says."""
        self.posts.append(post)
        self.arrived.set()
        answers: Sequence[Answer] = self._answers.get(post.buyer, (ACCEPTS,))
        answer = answers[min(self._asked[post.buyer], len(answers) - 1)]
        self._asked[post.buyer] += 1
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, Accepted | Rejected | Failed):
            return answer
        said = answer(post)
        return said if isinstance(said, Accepted | Rejected | Failed) else await said


class BuyerSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which buyer it is."""

    buyer: Annotated[str, Meta(title="Buyer")] = "somebody"
    timeout: Annotated[float, Meta(title="Seconds", gt=0)] = 30.0


class Goods(Prepared):
    """What is sent."""

    fields: dict[str, str]
    sale: Sale


def market_plugin(market: Market) -> type[Plugin[NoSettings]]:
    """Return a plugin whose delivery method ``memory`` sells to ``market``."""

    class MemoryBuyer(DeliveryMethod[BuyerSettings]):
        key = "memory"
        title = "Buyer in memory"

        def __init__(self, settings: BuyerSettings, setup: DeliverySetup) -> None:
            super().__init__(settings, setup)
            self.timeout = settings.timeout

        def prepare(self, outgoing: Outgoing) -> Prepared:
            fields = dict(outgoing.fields)
            return Goods(request=repr(fields), fields=fields, sale=outgoing.sale)

        async def deliver(self, prepared: Prepared, attempt: Attempt) -> Outcome:
            goods = cast("Goods", prepared)
            outcome = await market.ask(
                Posted(
                    buyer=self.settings.buyer,
                    key=attempt.idempotency_key,
                    number=attempt.number,
                    sale=goods.sale,
                    fields=goods.fields,
                )
            )
            said = type(outcome).__name__
            attempt.record(Exchange(request=prepared.request, response=said, status=200))
            return outcome

    class PingedBuyer(MemoryBuyer, PingingDeliveryMethod[BuyerSettings]):
        key = "pinged"
        title = "Buyer in memory that bids"

        def prepare_ping(self, outgoing: Outgoing) -> Prepared:
            return Goods(request="ping", fields={}, sale=outgoing.sale)

        async def ping(self, prepared: Prepared, attempt: Attempt) -> PingOutcome:
            outcome = await market.bid(self.settings.buyer)
            attempt.record(Exchange(request="ping", response=type(outcome).__name__, status=200))
            return outcome

    class BuyersPlugin(Plugin[NoSettings]):
        @hookimpl
        def register_delivery_methods(self) -> Sequence[type[DeliveryMethod[Any]]]:
            return (MemoryBuyer, PingedBuyer)

    return BuyersPlugin


class Given(EntryPoint):
    """An entry point that loads a class made by the test."""

    def __init__(self, name: str, plugin: type[Plugin[Any]]) -> None:
        """Stand for ``plugin`` under ``name``."""
        super().__init__(name=name, value=f"tests:{plugin.__name__}", group="leadexec")
        vars(self)["plugin"] = plugin

    def load(self) -> Any:
        """Return the class."""
        return vars(self)["plugin"]


def paying(price: str) -> Accepted:
    """Return an accept in which the buyer names its price."""
    return Accepted(price=Decimal(price))


def names(posts: Iterable[Posted]) -> list[str]:
    """Return the first names of the leads in ``posts``."""
    return [post.fields["FirstName"] for post in posts]
