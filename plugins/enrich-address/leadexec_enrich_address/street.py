"""The delivery line of an address in standard form (Publication 28, chapter 2)."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from leadexec_enrich_address.reading import parts_of
from leadexec_enrich_address.tables import DIRECTIONS, STATES, SUFFIXES
from leadexec_enrich_address.units import split_unit, unit_part

_NUMBER: Final = re.compile(r"[0-9]{1,10}[A-Z]?(?:[-./][0-9A-Z]+)?|[NSEW][0-9]+(?:[NSEW][0-9]+)?")
_ORDINAL: Final = re.compile(r"[0-9]+(?:ST|ND|RD|TH)")
_FRACTION: Final = re.compile(r"[0-9]/[0-9]")
_BOX: Final = r"(?:BOX|BX) (?:# )?([A-Z]|[A-Z0-9-]*[0-9][A-Z0-9-]*)"
_ROUTE: Final = r"(?:# )?0*([0-9]+[A-Z]?)"
_SPECIAL: Final = (
    (rf"(?:P ?O |POST OFFICE |LOCK )?{_BOX}", r"PO BOX \1"),
    (r"(?:POB|PO DRAWER|DRAWER|PO CALLER|CALLER) (?:# )?([A-Z]|[A-Z0-9-]*[0-9])", r"PO BOX \1"),
    (
        rf"(?:R ?R|RURAL (?:ROUTE|RTE|RT)|R ?F ?D|RD|ROUTE|RTE|RT) {_ROUTE} {_BOX}",
        r"RR \1 BOX \2",
    ),
    (
        rf"(?:H ?C|HCR|HIGHWAY CONTRACT(?: ROUTE)?|STAR (?:ROUTE|RTE|RT)) {_ROUTE} {_BOX}",
        r"HC \1 BOX \2",
    ),
    (rf"(PSC|CMR|UNIT) (?:# )?([0-9]+) {_BOX}", r"\1 \2 BOX \3"),
    (r"GEN(?:ERAL)? DEL(?:IVERY)?", "GENERAL DELIVERY"),
)
"""Sections 22 to 24 and 28: whole lines without a street → their standard form."""
_WHOLE: Final = tuple((re.compile(pattern), form) for pattern, form in _SPECIAL)


class Line(msgspec.Struct, kw_only=True, frozen=True):
    """A delivery line."""

    street: str
    unit: str = ""


def delivery_line(text: str) -> Line | None:
    """Return ``text`` in standard form; None when it is not understood as a whole.

    No word is lost or moved, but for the unit, which stands apart.
    """
    parts = parts_of(text)
    if not parts:
        return None
    whole = " ".join(word for part in parts for word in part)
    for pattern, form in _WHOLE:
        found = pattern.fullmatch(whole)
        if found:
            return Line(street=found.expand(form))
    return _street_line(parts)


def _street_line(parts: Sequence[Sequence[str]]) -> Line | None:
    number, *words = parts[0]
    if not _NUMBER.fullmatch(number) or _ORDINAL.fullmatch(number):
        return None
    if words and _FRACTION.fullmatch(words[0]):
        number = f"{number} {words.pop(0)}"
    units = [unit_part(part) for part in parts[1:]]
    if not words or not all(units) or "BOX" in words:
        return None
    words, unit = split_unit(words)
    named = " ".join(filter(None, (unit, *units)))
    return Line(street=f"{number} {street_name(words)}", unit=named)


def street_name(words: Sequence[str]) -> str:
    """Return a street in standard form: its directions and its suffix abbreviated, its name kept.

    A direction or a suffix that is all there is of the name stays as it is: ``NORTH AVE``.
    """
    name, after = _split_end(list(words))
    suffix = []
    if len(name) > 1 and name[-1] in SUFFIXES:
        suffix = [SUFFIXES[name.pop()]]
    before, name = _split_beginning(name)
    return " ".join((*before, *name, *suffix, *after))


def _split_end(words: list[str]) -> tuple[list[str], list[str]]:
    """Return the words before the direction at the end, and that direction."""
    for count in (2, 1):
        rest, end = words[:-count], words[-count:]
        short = _direction(end)
        if not short or not rest:
            continue
        numbered = any(map(str.isdigit, rest[-1]))
        if numbered or (len(rest) > 1 and rest[-1] in SUFFIXES):
            return rest, [short]
    return words, []


def _split_beginning(words: list[str]) -> tuple[list[str], list[str]]:
    """Return the direction at the beginning, and the words after it: at least one."""
    if " ".join(words) in STATES:
        return [], words  # WEST VIRGINIA is no western Virginia
    for count in (2, 1):
        short = _direction(words[:count])
        if short and len(words) > count:
            return [short], words[count:]
    return [], words


def _direction(words: Sequence[str]) -> str:
    """Return the abbreviation of a direction in one word or two (``NORTH EAST``), or nothing."""
    if len(words) == 1:
        return DIRECTIONS.get(words[0], "")
    short = [DIRECTIONS.get(word, "") for word in words]
    across = len(short) == 2 and short[0] in ("N", "S") and short[1] in ("E", "W")
    return "".join(short) if across else ""
