"""How a buyer says yes and no, and what it bids."""

import math
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final
from xml.sax.saxutils import escape

import msgspec

from leadexec_simulator.buyer import Buyer, Dialect, Format
from leadexec_simulator.record import Record

CONTENT_TYPES: Final[Mapping[Format, str]] = {
    Format.JSON: "application/json",
    Format.XML: "application/xml",
    Format.FORM: "text/plain",
    Format.PLAIN: "text/plain",
}

Words = dict[str, str | bool | int | Decimal]


def accept_body(buyer: Buyer, price: Decimal, reference: str) -> bytes:
    """Return what ``buyer`` answers when it takes a lead for ``price``."""
    if buyer.format is Format.PLAIN:
        return b"OK"
    words = _yes(buyer, price, reference)
    if buyer.redirect_url:
        words["RedirectUrl"] = buyer.redirect_url
    return _written(words, buyer.format)


def bid_body(buyer: Buyer, bid: Record, now: datetime) -> bytes:
    """Return what ``buyer`` answers to a ping that it makes ``bid`` for."""
    if buyer.format is Format.PLAIN:
        return f"BID {bid.price}; REF {bid.reference}".encode()
    words = _yes(buyer, bid.price, bid.reference)
    if bid.expires_at is not None:
        left = math.ceil((bid.expires_at - now).total_seconds())
        match buyer.dialect:
            case Dialect.SUCCESS:
                words["expireInSeconds"] = left
            case Dialect.ACCEPTED:
                words["ExpiresAt"] = bid.expires_at.isoformat()
            case Dialect.BID:
                words["ttl"] = left
    return _written(words, buyer.format)


def refusal_body(buyer: Buyer, reason: str) -> bytes:
    """Return what ``buyer`` answers, with status 200, when it does not take a lead."""
    if buyer.format is Format.PLAIN:
        return f"NO {reason}".encode()
    words: Words
    match buyer.dialect:
        case Dialect.SUCCESS:
            words = {"Success": False, "Reason": reason}
        case Dialect.ACCEPTED:
            words = {"Accepted": "false", "Reason": reason}
        case Dialect.BID:
            words = {"bid": Decimal(0), "reason": reason}
    return _written(words, buyer.format)


def _yes(buyer: Buyer, price: Decimal, reference: str) -> Words:
    match buyer.dialect:
        case Dialect.SUCCESS:
            return {"Success": True, "Payout": f"{price}", "TransactionId": reference}
        case Dialect.ACCEPTED:
            return {"Accepted": "true", "Price": f"${price:,}", "LeadId": reference}
        case Dialect.BID:
            return {"bid": price, "id": reference}


def _written(words: Words, kind: Format) -> bytes:
    if kind is Format.JSON:
        return msgspec.json.Encoder(decimal_format="number").encode(words)
    texts = {name: _text(value) for name, value in words.items()}
    if kind is Format.XML:
        inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in texts.items())
        return f'<?xml version="1.0"?><response>{inner}</response>'.encode()
    return "\n".join(f"{name}={text}" for name, text in texts.items()).encode()


def _text(value: str | bool | int | Decimal) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
