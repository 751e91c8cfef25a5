"""Answering pings: what would be paid for a lead, held for a while (``PP1``–``PP3``)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

import msgspec

from leadexec.contracts.post import Post, PostedLead, Reason


class QuoteTerms(msgspec.Struct, kw_only=True, frozen=True):
    """What a ping must bring before it is answered with an Order ID (``PP3``)."""

    required: frozenset[str] = frozenset()
    """Names of fields a ping must carry; what the lead itself needs may come with the post."""
    revenue: Decimal = Decimal(0)
    """What buyers must pay, all together, at least."""
    profit: Decimal | None = None
    """Revenue less what the source is paid, at least; None: any."""
    profit_percentage: Decimal | None = None
    """Profit in percent of the revenue, at least; None: any."""
    deliveries: int = 1
    """How many buyers must be found, at least."""
    seconds: float = 2.0
    """What the caller waits, all in all; buyers that are pinged are cut before it is over."""
    hold_seconds: int = 300
    """How long the Order ID, and what is held for it, is good (``PP2``)."""


class Quote(msgspec.Struct, kw_only=True, frozen=True):
    """The answer to a ping."""

    accepted: bool
    post: str
    """The uid under which the ping is kept."""
    order_id: str = ""
    """To be posted with the lead, once, before ``expires_at``; empty when refused."""
    price: Decimal = Decimal(0)
    """What the source will be paid for the lead."""
    expires_at: datetime | None = None
    code: str = ""
    """Why it is refused: ``not_enough_revenue``, ``no_buyer``, ``duplicate_lead`` …"""
    reasons: Sequence[Reason] = ()


class Quotes(Protocol):
    """How a plugin's ping receiver asks what a lead would bring."""

    async def ask(self, post: Post, lead: PostedLead, terms: QuoteTerms) -> Quote:
        """Decide about what a ping tells of a lead, find its buyers, hold their limits, answer.

        Access is checked as for leads. Nothing of the lead is stored but the ping itself.

        Raises:
            RefusedPostError: The sender may not, or the campaign does not exist; the ping is kept.
            UnavailableError: Nothing was stored.
        """
        ...
