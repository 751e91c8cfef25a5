"""What the demonstration asks of the running platform: little enough for a fake in tests."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol, TypeVar

import msgspec

from leadexec.contracts.services import Clock
from leadexec.model.access import Scope
from leadexec.model.entity import Entity

E = TypeVar("E", bound=Entity)


INVALIDATED = "invalidated"
"""The code of leads that a person did not let through (``LD9``)."""


class DemoCounts(msgspec.Struct, kw_only=True, frozen=True):
    """The platform's own figures, over all leads in the data directory."""

    received: int = 0
    """Leads stored, whatever became of them."""
    accepted: int = 0
    """Leads that passed intake."""
    held: int = 0
    """Leads that wait for a person now."""
    rejected: Mapping[str, int] = {}
    """Leads sent back to their source, by the code of the (first) reason."""
    delivered: int = 0
    """Accepted leads with at least one sale."""
    unsold: int = 0
    """Accepted leads whose distribution ended without a sale."""
    pending: int = 0
    """Accepted leads whose distribution has not ended."""
    sales: int = 0
    """Accepted deliveries by all methods."""
    revenue: Decimal = Decimal(0)
    """The sum of the prices of ``sales``."""
    lead_revenue: Decimal = Decimal(0)
    """The same as the leads' own rows have it."""
    portal_sales: int = 0
    """Those of ``sales`` that only went to the lead portal: no outside system knows of them."""
    portal_revenue: Decimal = Decimal(0)
    accepted_by_campaign: Mapping[int, int] = {}
    """Campaign id → how many of ``accepted`` are its."""
    cost: Decimal = Decimal(0)
    """What the sources are owed for ``accepted``."""

    @property
    def profit(self) -> Decimal:
        """Revenue less cost."""
        return self.revenue - self.cost

    @property
    def rejected_total(self) -> int:
        """All rejected leads."""
        return sum(self.rejected.values())

    @property
    def rejected_at_once(self) -> int:
        """Those whose sender was told so at once: no person has invalidated them later."""
        return self.rejected_total - self.rejected.get(INVALIDATED, 0)


class Credential(msgspec.Struct, kw_only=True, frozen=True):
    """An API credential, fresh, with the secret that is shown once (``RC3``)."""

    client_id: str
    client_secret: str


class DemoPlatform(Protocol):
    """A running platform."""

    asgi: Any
    """The ASGI application, to be served."""
    clock: Clock

    async def create(self, entity: E, /) -> E:
        """Store ``entity`` and return it with its id."""
        ...

    async def all(self, kind: type[E]) -> Sequence[E]:
        """Return all stored entities of ``kind``."""
        ...

    async def new_credential(self, name: str, scopes: Sequence[Scope]) -> Credential:
        """Make an API credential with ``scopes``."""
        ...

    async def counts(self) -> DemoCounts:
        """Return the present figures, read in one transaction."""
        ...

    async def wait_until_settled(self, timeout: float) -> bool:
        """Return True when no lead and no delivery has anything left to do.

        Args:
            timeout: Seconds after which to give up and return False.
        """
        ...
