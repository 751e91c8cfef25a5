"""What observers are told; everything in an event was committed before."""

from datetime import datetime
from decimal import Decimal

import msgspec


class LeadEvent(msgspec.Struct, kw_only=True, frozen=True):
    """Something happened to a lead."""

    lead_uid: str
    campaign_id: int
    at: datetime
    code: str = ""
    message: str = ""


class DeliveryEvent(msgspec.Struct, kw_only=True, frozen=True):
    """Something happened to a delivery."""

    lead_uid: str
    delivery_uid: str
    account_id: int
    client_id: int
    at: datetime
    price: Decimal = Decimal(0)
    code: str = ""
    message: str = ""


class EntityEvent(msgspec.Struct, kw_only=True, frozen=True):
    """An entity was created, updated or deleted."""

    entity: str
    entity_id: int
    act: str
    """``created``, ``updated`` or ``deleted``."""
    by: str
    at: datetime
    revision: int
    """The configuration revision that the change made."""
