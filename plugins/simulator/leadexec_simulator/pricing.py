"""What a buyer pays for a lead."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from leadexec_simulator.buyer import CurvePrice, FixedPrice, PostedPrice, Price

_NUMBER: Final = re.compile(r"\$?\s*(\d{1,12}(?:,\d{3})*(?:\.\d{1,4})?)", re.ASCII)
_CENT: Final = Decimal("0.01")


def price_for(
    price: Price, fields: Mapping[str, str], now: datetime, chance: float
) -> Decimal | None:
    """Return what is paid for a lead; None where the post should name a price and does not.

    Args:
        price: The buyer's way to find it.
        fields: What was posted.
        now: The instant of the decision.
        chance: The key's hash, in [0, 1).
    """
    match price:
        case FixedPrice(amount=amount):
            return amount
        case PostedPrice(field=field):
            return number_in(fields.get(field, ""))
        case CurvePrice():
            return _bid(price, fields, now, chance)


def number_in(text: str) -> Decimal | None:
    """Return the amount that ``text`` is (``$1,234.50``), or None."""
    found = _NUMBER.fullmatch(text.strip())
    return Decimal(found[1].replace(",", "")) if found else None


def _bid(curve: CurvePrice, fields: Mapping[str, str], now: datetime, chance: float) -> Decimal:
    value = number_in(fields.get(curve.field, "")) or Decimal(0)
    minutes = now.hour * 60 + now.minute
    daylight = 1 - abs(Decimal(minutes) / 360 - 2)
    spread = 2 * Decimal(repr(round(chance, 9))) - 1
    bid = curve.base + curve.slope * value + curve.swing * daylight + curve.jitter * spread
    return max(curve.floor, bid.quantize(_CENT, ROUND_HALF_EVEN))
