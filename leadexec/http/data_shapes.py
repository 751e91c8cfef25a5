"""What the Data API shows of leads, deliveries and posts."""

import base64
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from leadexec.contracts.delivery import Exchange
from leadexec.contracts.post import Reason
from leadexec.model.lead import LeadStatus, LogEntry


class ShownLead(msgspec.Struct, kw_only=True, frozen=True):
    """A lead, as lists show it."""

    uid: str
    received_at: datetime
    status: LeadStatus
    code: str
    """Why it is where it is; empty where there is nothing to say."""
    reasons: list[Reason]
    lead_type_id: int
    source_id: int
    campaign_id: int
    price: Annotated[Decimal, Meta(description="What the source is paid")]
    revenue: Annotated[Decimal, Meta(description="What buyers pay for it, all together")]
    source_share: Annotated[
        Decimal, Meta(description="What the source is paid of the revenue, besides (LS17)")
    ]
    delivered_count: int
    is_test: bool
    remote_ip: str
    request_uid: str
    updated_at: datetime
    grade: str
    """``A``, ``B``, ``C``, ``D`` or ``F``; empty: not graded (``GR2``)."""
    score: int | None
    fields: dict[str, Any]
    """Field name → value; empty fields are absent."""


class LeadDetail(ShownLead, kw_only=True, frozen=True):
    """A lead with everything that happened to it at intake."""

    revision: int
    """The configuration revision that decided."""
    log: list[LogEntry]
    """The steps of its process log, in order (``LD5``)."""
    facts: dict[str, Any]
    """What checks found out, by plugin (``GR4``, ``LS10``)."""
    only_accounts: list[int] | None
    """Delivery accounts, the only ones that may get it; null: any."""


class LeadPage(msgspec.Struct, kw_only=True, frozen=True):
    """Some leads, newest first."""

    items: list[ShownLead]
    next: int | None = None
    """Send it as ``after`` to get the following page."""


class ShownAttempt(msgspec.Struct, kw_only=True, frozen=True):
    """One try at a delivery."""

    number: int
    at: datetime
    elapsed_us: int
    verdict: str
    code: str
    reason: str
    exchanges: list[Exchange]
    """Requests and answers, word for word, secrets masked (``DM11``)."""


class ShownDelivery(msgspec.Struct, kw_only=True, frozen=True):
    """One client that was offered a lead, and what it said."""

    uid: str
    account_id: int
    client_id: int
    method_id: int
    state: str
    price: Decimal
    exclusive: bool
    code: str
    reason: str
    reference: str
    redirect_url: str
    reserved_at: datetime
    next_at: datetime | None
    """When it is tried again."""
    settled_at: datetime | None
    attempts: list[ShownAttempt]


class DeliveryList(msgspec.Struct, kw_only=True, frozen=True):
    """All deliveries of a lead, in order."""

    items: list[ShownDelivery]


class ShownRequest(msgspec.Struct, kw_only=True, frozen=True):
    """A post as it came, without its body; also one that was refused."""

    uid: str
    received_at: datetime
    method: str
    path: str
    content_type: str
    remote_ip: str
    credential_id: int | None
    status: int
    """The HTTP status it was answered with."""
    code: str
    detail: str
    size: int
    """Bytes of its body."""


class RequestDetail(ShownRequest, kw_only=True, frozen=True):
    """A post as it came, word for word (``RC1``)."""

    body: str | None
    """The body as text; null when it is not UTF-8."""
    body_base64: str
    """The body's very bytes."""


class RequestPage(msgspec.Struct, kw_only=True, frozen=True):
    """Some posts, newest first."""

    items: list[ShownRequest]
    next: str | None = None
    """Send it as ``after`` to get the following page."""


def request_detail(row: dict[str, Any]) -> RequestDetail:
    """Return a stored post with its body."""
    body = bytes(row.pop("body"))
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = None
    encoded = base64.b64encode(body).decode()
    return RequestDetail(**row, size=len(body), body=text, body_base64=encoded)
