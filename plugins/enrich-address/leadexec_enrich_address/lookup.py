"""The standard form of a US address, by rules alone."""

import re
from typing import ClassVar, Final

from leadexec import AddressFacts, AddressQuestion, Lookup, NoSettings
from leadexec_enrich_address.countries import uses_zip_codes
from leadexec_enrich_address.reading import line_of, parts_of
from leadexec_enrich_address.street import Line, delivery_line
from leadexec_enrich_address.tables import STATE_CODES, STATES
from leadexec_enrich_address.units import unit_part

_ZIP: Final = re.compile(r"([0-9]{5})(?:[- ]?([0-9]{4}))?")
_ZIP_LENGTH: Final = 10


class UspsForm(Lookup[NoSettings, AddressQuestion, AddressFacts]):
    """The standard form of an address in the US, as USPS Publication 28 writes it (``LS10``).

    In capitals, without punctuation, with directions, street suffixes, units and the state
    abbreviated. It knows the rules and no addresses: ``deliverable`` is never known, nothing is
    corrected, and a line that is not understood as a whole is not touched.
    """

    key: ClassVar[str] = "usps-form"
    title: ClassVar[str] = "Standard form of US addresses"
    asks: ClassVar[type[AddressQuestion]] = AddressQuestion
    offline: ClassVar[bool] = True
    quick: ClassVar[bool] = True

    async def look_up(self, question: AddressQuestion) -> AddressFacts | None:
        """Return the standard form; None when the delivery line is not understood."""
        if not uses_zip_codes(question.country):
            return None
        line = delivery_line(question.address)
        if line is None:
            return None
        address, address_2 = _lines(line, question.address_2)
        return AddressFacts(
            address=address,
            address_2=address_2,
            city=line_of(question.city) or None,
            state=_state(question.state),
            zip=_zip(question.zip),
        )


def _lines(line: Line, second: str) -> tuple[str, str | None]:
    """Return both lines: the unit on the second, unless something else stands there already."""
    if not second.strip():
        return line.street, line.unit or None
    parts = parts_of(second) or []
    units = [unit_part(part) for part in parts]
    unit = " ".join(units) if units and all(units) else None
    if not line.unit or line.unit == unit:
        return line.street, unit
    return f"{line.street} {line.unit}", unit


def _state(text: str) -> str | None:
    name = line_of(text)
    return name if name in STATE_CODES else STATES.get(name)


def _zip(text: str) -> str | None:
    short = text.strip()
    found = _ZIP.fullmatch(short) if len(short) <= _ZIP_LENGTH else None
    if found is None:
        return None
    return f"{found[1]}-{found[2]}" if found[2] else found[1]
