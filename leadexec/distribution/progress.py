"""How far a lead's distribution has come, and how it ends."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from leadexec.contracts.post import Reason
from leadexec.distribution.lead_row import OpenDelivery
from leadexec.distribution.record import DecisionRecord, Offered, unsold_reason
from leadexec.distribution.scripts import Halt, ScriptFailed
from leadexec.distribution.settle import Ended, Settled
from leadexec.distribution.states import DeliveryState
from leadexec.model.lead import LeadStatus


@dataclass(slots=True)
class Progress:
    """How far a lead's distribution has come."""

    most: int
    """How many sales the lead may have."""
    sold: int = 0
    exclusive: bool = False
    """Whether an exclusive sale was made or is pending."""
    waiting: list[datetime] = field(default_factory=list)
    """When pending deliveries are tried again."""
    tried: set[int] = field(default_factory=set)
    """Delivery accounts that were offered the lead, or cannot be."""
    clients: set[int] = field(default_factory=set)
    """Clients that were offered the lead; their other accounts are passed over."""
    halted: Halt | None = None
    fault: str = ""

    def begin(self, deliveries: Iterable[OpenDelivery]) -> None:
        """Go on from what was done before."""
        for delivery in deliveries:
            self.offered(delivery)
            if delivery.state is DeliveryState.ACCEPTED:
                self.sold += 1
                self.exclusive |= delivery.exclusive

    def offered(self, delivery: OpenDelivery) -> None:
        """Note whom the lead is offered to."""
        self.tried.add(delivery.account_id)
        self.clients.add(delivery.client_id)

    def wait(self, delivery: OpenDelivery, until: datetime) -> None:
        """Note that a delivery is tried again at ``until``."""
        self.waiting.append(until)
        self.exclusive |= delivery.exclusive

    def settled(self, delivery: OpenDelivery, settled: Settled) -> None:
        """Note what a delivery came to."""
        if settled.state is DeliveryState.ACCEPTED:
            self.sold += 1
            self.exclusive |= delivery.exclusive
        elif settled.state is DeliveryState.RESERVED and settled.next_at:
            self.wait(delivery, settled.next_at)

    @property
    def slots(self) -> int:
        """How many sales the lead may still have."""
        return self.most - self.sold - len(self.waiting)

    @property
    def closed(self) -> bool:
        """Whether the lead is offered to nobody else now."""
        return bool(self.exclusive or self.halted or self.fault or self.slots <= 0)

    def ended(self, record: DecisionRecord) -> Ended:
        """Return how the distribution ended; ``record`` is complete."""
        status, code, message = self._verdict(record)
        reasons = [Reason(code=code, message=message)] if message else []
        return Ended(status=status, code=code, reasons=reasons)

    def _verdict(self, record: DecisionRecord) -> tuple[LeadStatus, str, str]:
        if self.sold:
            return LeadStatus.DELIVERED, "delivered", ""
        if isinstance(self.halted, ScriptFailed):
            message = f"The script '{self.halted.key}' raised {self.halted.error}."
            return LeadStatus.HELD, "script_could_not_run", message
        if self.fault:
            return LeadStatus.HELD, "automation_could_not_run", self.fault
        return LeadStatus.UNSOLD, *unsold_reason(record)


def offered(delivery: OpenDelivery, settled: Settled) -> Offered:
    """Return what the decision record says of a delivery that was sent."""
    return Offered(
        account=delivery.account_id,
        delivery=delivery.uid,
        price=settled.price,
        outcome=settled.state.value,
        code=settled.code,
        us=settled.attempt.elapsed_us if settled.attempt else 0,
    )
