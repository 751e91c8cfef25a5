"""Reading a lead back for its distribution: the lead itself and its deliveries so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from leadexec.contracts.lead import Lead
from leadexec.contracts.values import FieldKind, revive
from leadexec.distribution.states import DeliveryState
from leadexec.storage.tables import decisions, deliveries, leads


@dataclass(slots=True, frozen=True)
class OpenDelivery:
    """A delivery of the lead as it is stored."""

    uid: str
    account_id: int
    client_id: int
    method_id: int
    state: DeliveryState
    price: Decimal
    exclusive: bool
    attempts: int
    next_at: datetime | None
    taken: Mapping[str, int]
    code: str
    reference: str
    reserved_at: datetime


@dataclass(slots=True, frozen=True)
class StoredLead:
    """A lead as it is stored; its fields are plain JSON values until revived."""

    row: Mapping[str, Any]
    deliveries: Sequence[OpenDelivery]
    record: Mapping[str, Any] | None

    def revived(self, schema: Mapping[str, FieldKind]) -> Lead:
        """Return the lead with typed values; fields that are no longer known are text."""
        row = self.row
        only = row["only_accounts"]
        return Lead(
            uid=row["uid"],
            received_at=row["received_at"],
            lead_type_id=row["lead_type_id"],
            source_id=row["source_id"],
            campaign_id=row["campaign_id"],
            fields={
                name: revive(schema.get(name, FieldKind.TEXT), value)
                for name, value in row["fields"].items()
            },
            price=row["price"],
            remote_ip=row["remote_ip"],
            is_test=row["is_test"],
            grade=row["grade"],
            score=row["score"],
            only_accounts=None if only is None else tuple(only),
            facts=row["facts"],
        )


def stored_lead(connection: Connection, uid: str) -> StoredLead | None:
    """Return the lead called ``uid`` with its deliveries, or None."""
    row = connection.execute(select(leads).where(leads.c.uid == uid)).mappings().first()
    if row is None:
        return None
    found = connection.execute(
        select(deliveries).where(deliveries.c.lead_uid == uid).order_by(deliveries.c.id)
    )
    record = connection.scalar(select(decisions.c.record).where(decisions.c.lead_uid == uid))
    return StoredLead(
        row=dict(row), deliveries=[open_delivery(d) for d in found.mappings()], record=record
    )


def open_delivery(row: Mapping[Any, Any]) -> OpenDelivery:
    """Return the delivery in ``row``: column name → value."""
    return OpenDelivery(
        uid=row["uid"],
        account_id=row["account_id"],
        client_id=row["client_id"],
        method_id=row["method_id"],
        state=DeliveryState(row["state"]),
        price=row["price"],
        exclusive=row["exclusive"],
        attempts=row["attempts"],
        next_at=row["next_at"],
        taken=row["limits"],
        code=row["code"],
        reference=row["reference"],
        reserved_at=row["reserved_at"],
    )
