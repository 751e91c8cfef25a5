"""What senders are answered, also when they ask again with the same idempotency key."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from leadexec.contracts.post import DeliveryAnswer, LeadAnswer, Reason
from leadexec.intake.decide import Decided
from leadexec.model.lead import LeadStatus
from leadexec.storage.tables import deliveries, leads


def status_word(status: LeadStatus) -> str:
    """Return the status as senders see it: where an accepted lead went is not theirs to know."""
    return status.value if status in (LeadStatus.HELD, LeadStatus.REJECTED) else "accepted"


def answer_of(decided: Decided) -> LeadAnswer:
    """Return the answer for a lead that was just stored."""
    accepted = not decided.refused
    return LeadAnswer(
        lead=decided.lead.uid,
        status=status_word(decided.status),
        code=decided.code,
        reasons=decided.reasons,
        price=decided.lead.price if accepted else _NOTHING,
    )


def stored_answers(
    connection: Connection, request_uid: str, waited: Mapping[int, bool]
) -> list[LeadAnswer]:
    """Return the answers of an earlier post, from what was stored.

    Args:
        connection: To read from.
        request_uid: The post.
        waited: Campaigns whose answers wait for the deliveries, and so have a redirect URL
            (``LS13``) → whether they list the deliveries, too (``LS14``).
    """
    rows = connection.execute(
        select(leads).where(leads.c.request_uid == request_uid).order_by(leads.c.id)
    ).mappings()
    return [
        _stored(
            row,
            _deliveries(connection, row["uid"]) if row["campaign_id"] in waited else (),
            listed=waited.get(row["campaign_id"], False),
        )
        for row in rows
    ]


_NOTHING = Decimal("0.00")
"""As the database gives it back: an answer reads the same when it is asked for again."""


def _stored(row: Mapping[Any, Any], sold: Sequence[DeliveryAnswer], *, listed: bool) -> LeadAnswer:
    status = LeadStatus(row["status"])
    word = status_word(status)
    refused = word != "accepted"
    redirect = next((d.redirect_url for d in sold if d.redirect_url), None)
    return LeadAnswer(
        lead=row["uid"],
        status=word,
        code=row["code"] if refused else "accepted",
        reasons=msgspec.convert(row["reasons"], list[Reason]) if refused else [],
        price=row["price"],
        redirect_url=redirect,
        deliveries=sold if listed else None,
    )


def _deliveries(connection: Connection, lead_uid: str) -> list[DeliveryAnswer]:
    rows = connection.execute(
        select(deliveries).where(deliveries.c.lead_uid == lead_uid).order_by(deliveries.c.id)
    )
    return [
        DeliveryAnswer(
            client=row.client_id,
            delivery_account=row.account_id,
            status="pending" if row.state == "reserved" else row.state,
            price=row.price if row.state == "accepted" else _NOTHING,
            redirect_url=row.redirect_url or None,
        )
        for row in rows
    ]
