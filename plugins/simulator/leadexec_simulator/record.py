"""What is written into the books for every post and ping."""

import enum
from datetime import datetime
from decimal import Decimal

import msgspec


class RecordKind(enum.StrEnum):
    """What became of one post or ping."""

    SALE = "sale"
    REFUSAL = "refusal"
    REPEAT = "repeat"
    """The key had been judged before; it was answered the same way and not counted again."""
    TROUBLE = "trouble"
    INVALID = "invalid"
    """Wrong authorization, wrong format or unreadable; it is no try of its key."""
    BID = "bid"
    NO_BID = "no_bid"
    LATE_BID = "late_bid"
    """The sender hung up before the buyer had made up its mind."""


class Record(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One post or ping to one buyer."""

    buyer: str
    """Its name, or ``<buyer>/<branch>``."""
    kind: RecordKind
    at: datetime
    key: str = ""
    """The idempotency key."""
    lead: str = ""
    price: Decimal = Decimal(0)
    reference: str = ""
    reason: str = ""
    """Of a refusal, or what makes a post invalid."""
    trouble: str = ""
    """The kind of trouble that the post met; a ``lost_answer`` may be a sale at the same time."""
    ping: bool = False
    """Whether it was a ping; ``reference`` is then the bid's, and ``price`` what is bid."""
    expires_at: datetime | None = None
    """When a bid ends."""
    bid: str = ""
    """Of a sale to a buyer that bids: the reference of the bid that was taken up."""
