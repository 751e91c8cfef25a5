"""A lead's postal address as a question, and whether an answer is a complete address."""

import re
from typing import Final

from leadexec import AddressFacts, AddressQuestion, Lead, LeadTypeInfo, SystemField, Value

LONGEST: Final = 200
"""Characters of a part that are asked about."""
_PARTS: Final = {
    "address": SystemField.ADDRESS,
    "address_2": SystemField.ADDRESS_2,
    "city": SystemField.CITY,
    "state": SystemField.STATE,
    "zip": SystemField.ZIP,
    "country": SystemField.COUNTRY,
}
_COUNTRIES: Final = {
    "usa": "US",
    "unitedstates": "US",
    "unitedstatesofamerica": "US",
    "can": "CA",
    "canada": "CA",
}
_CANADIAN: Final = re.compile(r"[A-Za-z][0-9][A-Za-z] ?[0-9][A-Za-z][0-9]")


def question_about(lead: Lead, lead_type: LeadTypeInfo) -> AddressQuestion:
    """Return the question about the address in ``lead``; parts that are not there are empty."""
    parts = {
        part: _text(lead.fields.get(lead_type.named(system) or ""))
        for part, system in _PARTS.items()
    }
    return AddressQuestion(**{**parts, "country": _country(parts["country"], parts["zip"])})


def is_complete(facts: AddressFacts, country: str) -> bool:
    """Return whether ``facts`` have all that an envelope in ``country`` needs."""
    needed = [facts.address, facts.city, facts.zip]
    if country in ("US", "CA"):
        needed.append(facts.state)
    return all(part and part.strip() for part in needed)


def _country(text: str, code: str) -> str:
    """Return ISO 3166 alpha-2 where it is known; without a country the postal code decides."""
    letters = "".join(filter(str.isalpha, text)).casefold()
    if not letters:
        return "CA" if _CANADIAN.fullmatch(code) else "US"
    return _COUNTRIES.get(letters, letters.upper() if len(letters) == 2 else text)


def _text(value: Value) -> str:
    match value:
        case str():
            return " ".join(value[:LONGEST].split())
        case int() if not isinstance(value, bool):
            return str(value)[:LONGEST]
        case _:
            return ""
