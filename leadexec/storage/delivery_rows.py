"""Writing reserved deliveries: by a reservation, and by a lead whose ping was promised them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from leadexec.storage.rows import Row, RowInsert
from leadexec.storage.tables import deliveries

RESERVED: Final = "reserved"
insert_deliveries = RowInsert(
    deliveries,
    "uid",
    "lead_uid",
    "account_id",
    "client_id",
    "method_id",
    "state",
    "price",
    "exclusive",
    "code",
    "reason",
    "reference",
    "redirect_url",
    "attempts",
    "next_at",
    "limits",
    "reserved_at",
    "settled_at",
)
"""Inserts the rows that ``reserved_delivery`` makes."""


def reserved_delivery(
    uid: str,
    lead_uid: str,
    *,
    account_id: int,
    client_id: int,
    method_id: int,
    price: Decimal,
    exclusive: bool,
    reference: str,
    limits: Mapping[str, int],
    now: datetime,
) -> Row:
    """Return the row of a delivery that is reserved at ``now`` and was not tried yet."""
    return (
        uid,
        lead_uid,
        account_id,
        client_id,
        method_id,
        RESERVED,
        price,
        exclusive,
        "",
        "",
        reference,
        "",
        0,
        None,
        limits,
        now,
        None,
    )
