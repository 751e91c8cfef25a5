"""A plugin for the system tests: buyers in memory, and a plugin that raises everywhere."""

from collections.abc import Sequence
from importlib.metadata import EntryPoint
from typing import Annotated, Any

from leadexec import (
    Accepted,
    Attempt,
    DeliveryMethod,
    DeliverySetup,
    Exchange,
    Failed,
    NoSettings,
    Outcome,
    Outgoing,
    Plugin,
    Prepared,
    Rejected,
    hookimpl,
)
from msgspec import Meta, Struct


class BuyerSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How the buyer answers."""

    answers: Annotated[
        tuple[str, ...],
        Meta(title="Answers", description="accept, reject, fail or raise; the last one repeats"),
    ] = ("accept",)
    price: Annotated[str, Meta(title="Price", description="What the buyer says; empty: nothing")] = ""


class MemoryBuyer(DeliveryMethod[BuyerSettings]):
    """A buyer in this process; it keeps what it was sent."""

    key = "memory"
    title = "Buyer in memory"

    def __init__(self, settings: BuyerSettings, setup: DeliverySetup) -> None:
        super().__init__(settings, setup)
        self.received: list[tuple[str, dict[str, str]]] = []

    def prepare(self, outgoing: Outgoing) -> Prepared:
        """Render the fields."""
        return Goods(request=repr(dict(outgoing.fields)), fields=dict(outgoing.fields))

    async def deliver(self, prepared: Prepared, attempt: Attempt) -> Outcome:
        """Answer as the settings say."""
        assert isinstance(prepared, Goods)
        answers = self.settings.answers
        answer = answers[min(len(self.received), len(answers) - 1)]
        self.received.append((attempt.idempotency_key, prepared.fields))
        attempt.record(Exchange(request=prepared.request, response=answer, status=200))
        match answer:
            case "accept":
                from decimal import Decimal

                price = Decimal(self.settings.price) if self.settings.price else None
                return Accepted(price=price, reference=f"ref-{attempt.idempotency_key}")
            case "reject":
                return Rejected(code="not_wanted", reason="no thanks")
            case "fail":
                return Failed(code="unreachable", reason="nobody home")
        message = "the buyer's plugin is broken"
        raise RuntimeError(message)


class Goods(Prepared):
    """What is sent."""

    fields: dict[str, str]


class BuyersPlugin(Plugin[NoSettings]):
    """Contributes the delivery method ``memory``."""

    @hookimpl
    def register_delivery_methods(self) -> Sequence[type[DeliveryMethod[Any]]]:
        """Return the one method."""
        return (MemoryBuyer,)


BUYERS = EntryPoint(name="test-buyers", value="tests.system.buyers:BuyersPlugin", group="leadexec")
