"""Postal codes of the United States and Canada, and the countries in which they are used."""

import re
from typing import Final

US, CANADA = "US", "CA"
USPS_COUNTRIES: Final = frozenset(
    {US, "AS", "FM", "GU", "MH", "MP", "PR", "PW", "VI"},
)
"""ISO 3166 codes of the countries and territories whose postal codes are ZIP codes."""

_NAMES: Final = {
    "usa": US,
    "united states": US,
    "united states of america": US,
    "america": US,
    "can": CANADA,
    "canada": CANADA,
    "puerto rico": "PR",
    "guam": "GU",
    "american samoa": "AS",
    "us virgin islands": "VI",
    "united states virgin islands": "VI",
    "northern mariana islands": "MP",
}
_ZIP: Final = re.compile(r"([0-9]{5})(?:[- ]?[0-9]{4})?")
_CANADIAN: Final = re.compile(r"([ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z])[- ]?([0-9][A-Z][0-9])")
_LONGEST: Final = 60


def country_code(text: str) -> str:
    """Return the ISO 3166 code of a country as senders write it; empty when it is not known.

    Any two letters are taken for a code: whether something is known there is the provider's word.
    """
    if len(text) > _LONGEST or not text.isascii():
        return ""
    plain = " ".join(text.replace(".", "").casefold().split())
    if len(plain) == 2 and plain.isalpha():
        return plain.upper()
    return _NAMES.get(plain, "")


def country_by_shape(text: str) -> str:
    """Return the country that writes postal codes like this one: ``US``, ``CA`` or neither."""
    if zip_code(text):
        return US
    return CANADA if canadian_code(text) else ""


def zip_code(text: str) -> str:
    """Return the five digits of a ZIP code, with or without its other four; empty: it is none."""
    found = _ZIP.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    return found[1] if found else ""


def canadian_code(text: str) -> str:
    """Return a Canadian postal code as ``K1A 0B1``; empty when it is none."""
    short = text.strip() if len(text) <= _LONGEST and text.isascii() else ""
    found = _CANADIAN.fullmatch(short.upper())
    return f"{found[1]} {found[2]}" if found else ""
