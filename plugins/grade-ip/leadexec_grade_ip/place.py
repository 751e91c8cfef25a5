"""Where a lead says it is, and where its IP address is, in terms that can be compared."""

import re
from typing import Final

from msgspec import Struct

from leadexec import IpFacts, Lead, LeadTypeInfo, SystemField, Value
from leadexec_grade_ip.state_names import (
    TERRITORIES,
    country_code,
    country_of_state,
    state_code,
)

_ZIP: Final = re.compile(r"([0-9]{5})(-?[0-9]{4})?")
_CANADIAN: Final = re.compile(r"[A-Z][0-9][A-Z][0-9][A-Z][0-9]")


class Place(Struct, kw_only=True, frozen=True):
    """A place, as far as it is known; parts that are not are empty."""

    country: str = ""
    """ISO 3166 alpha-2."""
    state: str = ""
    """The code in the US and Canada; elsewhere its letters."""
    postal_code: str = ""
    """Five digits in the US, six letters and digits in Canada."""


def place_of_lead(lead: Lead, lead_type: LeadTypeInfo) -> Place:
    """Return where ``lead`` says it is, by its fields that mean State, Zip and Country.

    Without a country its state or its postal code tells whether it is in the US or in Canada.
    """

    def said(system: SystemField) -> str:
        return _text(lead.fields.get(lead_type.named(system) or ""))

    return _place(said(SystemField.COUNTRY), said(SystemField.STATE), said(SystemField.ZIP))


def place_of_ip(facts: IpFacts) -> Place:
    """Return where an IP address is, as far as ``facts`` tell."""
    return _place(facts.country or "", facts.state or "", facts.postal_code or "")


def _place(country: str, state: str, code: str) -> Place:
    code = _postal_code(code)
    land = country_code(country) or country_of_state(state) or _country_of_code(code)
    if land in TERRITORIES:
        land, state = "US", land
    return Place(country=land, state=state_code(state, land), postal_code=code)


def _postal_code(text: str) -> str:
    found = _ZIP.fullmatch(text.strip())
    return found[1] if found else "".join(filter(str.isalnum, text)).upper()


def _country_of_code(code: str) -> str:
    if _ZIP.fullmatch(code):
        return "US"
    return "CA" if _CANADIAN.fullmatch(code) else ""


def _text(value: Value) -> str:
    match value:
        case str():
            return value[:200]
        case int() if not isinstance(value, bool):
            return str(value)[:200]
        case _:
            return ""
