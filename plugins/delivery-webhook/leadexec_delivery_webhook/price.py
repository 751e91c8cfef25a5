"""Prices as buyers write them: ``50``, ``"50.00"``, ``$1,234.50``, ``1234.5 USD``."""

import re
from decimal import ROUND_DOWN, Decimal
from typing import Final

_CURRENCY: Final = r"(?:[A-Z]{3}|US\$|[$€£])"
_NUMBER: Final = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,20})?|[0-9]{1,12}(?:\.[0-9]{1,20})?"
_PRICE: Final = re.compile(rf"{_CURRENCY}?\s?({_NUMBER})\s?{_CURRENCY}?")
_LEADING: Final = re.compile(rf"-?{_CURRENCY}?\s?-?(?:{_NUMBER})(?![0-9.,]*[0-9]|[ \u00a0'][0-9])")
_PLACES: Final = Decimal("0.0001")
_MOST: Final = Decimal(1_000_000_000)


def read_price(text: str) -> Decimal | None:
    """Return the price that ``text`` is, or None if it is not clearly one.

    A comma stands between thousands only: ``12,50`` could be meant either way and is no price.
    More than four places are cut off, never rounded up, so that nobody is charged more than the
    answer said. Negative prices are none.
    """
    match = _PRICE.fullmatch(text.strip())
    if match is None:
        return None
    price = Decimal(match[1].replace(",", ""))
    return price.quantize(_PLACES, ROUND_DOWN) if price < _MOST else None


def leading_price(text: str) -> str | None:
    """Return the part at the start of ``text`` that looks like a price, thousands included."""
    match = _LEADING.match(text[:64])
    return match[0] if match else None
