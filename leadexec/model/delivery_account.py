"""Delivery accounts: what a client buys (``DA1``–``DA6``)."""

import enum
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from leadexec.criteria import Criteria
from leadexec.model.client import Priority
from leadexec.model.entity import Entity, Fixed, Money, Ref, entity
from leadexec.model.limits import QuantityLimits


class AccountStatus(enum.StrEnum):
    """Whether a delivery account takes leads: only an open one does."""

    OPEN = "open"
    CLOSED = "closed"
    PAUSED = "paused"


@entity(
    name="delivery_account",
    plural="delivery_accounts",
    title="Delivery account",
    unique=(("client", "name"),),
)
class DeliveryAccount(Entity, kw_only=True, frozen=True):
    """What a client buys: leads of one type, by criteria, price and limits (``DA1``–``DA4``)."""

    name: Annotated[str, Meta(title="Name", min_length=1, max_length=200)]
    client: Annotated[int, Ref("client"), Fixed()]
    lead_type: Annotated[int, Ref("lead_type"), Fixed()]
    delivery_method: Annotated[int, Ref("delivery_method")]
    status: AccountStatus = AccountStatus.OPEN
    price: Annotated[Money, Meta(title="Lead price")] = Decimal(0)
    priority: Priority = 0
    automated: Annotated[bool, Meta(title="Automated delivery")] = True
    exclusive: bool = False
    limits: QuantityLimits = QuantityLimits()
    criteria: Criteria | None = None
