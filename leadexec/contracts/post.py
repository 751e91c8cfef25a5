"""What came in and what is answered: posts, their leads, and the receipt."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from leadexec.errors import Fault, LeadexecError


class PostedLead(msgspec.Struct, kw_only=True, frozen=True):
    """One lead as its sender posted it, whatever the format was."""

    campaign_id: int
    fields: Mapping[str, Any]
    """Name as posted → value as decoded: text, number, true or false, list or object."""
    is_test: bool = False
    order_id: str = ""
    """The Order ID that a ping was answered with; it is used up with the lead (``PP2``)."""
    ignored: tuple[str, ...] = ()
    """Names beside the fields that mean nothing to us; listed in the process log."""
    deliver_at: datetime | None = None
    """When its distribution begins, aware: it goes through the queue, whatever the campaign says,
    and waits there until then (``LD3``). None: at once. A lead that is held forgets it: once it is
    validated, it goes on at once."""


class Post(msgspec.Struct, kw_only=True, frozen=True):
    """A post word for word, with what its sender proves itself by. It is kept, whatever it is."""

    method: str
    path: str
    """With its query string."""
    content_type: str
    remote_ip: str
    """The sender's address: ``services.intake.sender_ip`` finds it behind trusted proxies."""
    body: bytes
    token: str = ""
    """An access token of the Lead Receiver scope, without the word Bearer."""
    password: str = ""
    """The campaign's password (``LS4``)."""
    idempotency_key: str = ""
    """The sender's; at most 100 characters. It holds per credential, or per campaign (``RC2``)."""
    vouched: str = ""
    """Who answers for the sender instead of a token, a password or an address: the plugin's own
    form, an operator (``user:7``). Empty: the sender proves itself."""


class Reason(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One reason for a rejection or a hold."""

    code: str
    message: str
    field: str = ""
    """The lead field concerned, or empty."""


class DeliveryAnswer(msgspec.Struct, kw_only=True, frozen=True):
    """One delivery, for senders that may see them (``LS14``)."""

    client: int
    delivery_account: int
    status: str
    price: Decimal
    redirect_url: str | None


class LeadAnswer(msgspec.Struct, kw_only=True, frozen=True):
    """What became of one posted lead (``RC1``)."""

    lead: str
    """Its uid."""
    status: str
    """``accepted``, ``held`` or ``rejected``."""
    code: str
    reasons: Sequence[Reason]
    price: Decimal
    """What the source is paid for it; 0 unless it is accepted."""
    redirect_url: str | None = None
    deliveries: Sequence[DeliveryAnswer] | None = None
    """Where the campaign allows it and the answer waited for them."""


class Receipt(msgspec.Struct, kw_only=True, frozen=True):
    """What a post came to."""

    answers: Sequence[LeadAnswer]
    """One for each lead, in order."""
    post: str
    """The uid under which the post is kept."""


class RefusedPostError(LeadexecError):
    """A post that brings no lead: who sent it may not, or it makes no sense. It is kept."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        faults: Sequence[Fault] = (),
        post: str = "",
    ) -> None:
        """Build the error; ``status`` is the HTTP status that says the same."""
        super().__init__(code, message)
        self.status = status
        self.faults = tuple(faults)
        self.post = post
        """The uid under which the post is kept, once it is."""
