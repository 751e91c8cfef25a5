"""Units within a building: apartments, suites, floors (Publication 28, section 213)."""

import re
from collections.abc import Sequence
from typing import Final

from leadexec_enrich_address.tables import (
    CERTAIN_UNITS,
    DIRECTIONS,
    NUMBERED_UNITS,
    PLAIN_UNITS,
    SUFFIXES,
)

_ORDINAL: Final = re.compile(r"([0-9]+)(?:ST|ND|RD|TH)")
_SHORT: Final = 2
_HIGHEST_FLOOR: Final = 3
"""Characters of its number."""


def unit_of(words: Sequence[str]) -> str:
    """Return the standard form of ``words`` if they are units and nothing else; else empty."""
    units: list[str] = []
    rest = list(words)
    while rest:
        taken = _first_unit(rest)
        if taken is None:
            return ""
        unit, count = taken
        units.append(unit)
        rest = rest[count:]
    return " ".join(units)


def unit_part(words: Sequence[str]) -> str:
    """Return a part of an address that stands for itself, such as ``4B`` after a comma."""
    if len(words) == 1 and is_number(words[0]) and any(map(str.isdigit, words[0])):
        return f"# {words[0]}"
    return unit_of(words)


def split_unit(words: Sequence[str]) -> tuple[list[str], str]:
    """Return the words of a street, and the unit at their end (empty: none).

    A street keeps at least one word. Designators that may be part of a street's name count only
    after something that ends one: ``100 MAIN ST KEY 5``, but not ``12 OLD KEY 5``.
    """
    for place in range(1, len(words)):
        unit = unit_of(words[place:])
        if unit and (unit.split(" ", 1)[0] in CERTAIN_UNITS or _ends_a_street(words[:place])):
            return list(words[:place]), unit
    return list(words), ""


def is_number(word: str) -> bool:
    """Return whether ``word`` can be the number of a unit: digits in it, or a letter or two."""
    if any(map(str.isdigit, word)):
        return True
    return 0 < len(word) <= _SHORT and word.isalpha() and word not in NUMBERED_UNITS


def _first_unit(words: Sequence[str]) -> tuple[str, int] | None:
    """Return the unit at the beginning of ``words``, and how many of them it takes."""
    first, *rest = words
    ordinal = _ORDINAL.fullmatch(first)
    if ordinal and rest and NUMBERED_UNITS.get(rest[0]) == "FL":
        return f"FL {ordinal[1]}", 2
    if first == "#":
        return (f"# {rest[0]}", 2) if rest and is_number(rest[0]) else None
    if first in NUMBERED_UNITS:
        skipped = 1 if rest[:1] == ["#"] else 0  # APT # 4 is APT 4
        unit, number = NUMBERED_UNITS[first], "".join(rest[skipped : skipped + 1])
        # FL 33101 is no floor but Florida.
        if is_number(number) and (unit != "FL" or len(number) <= _HIGHEST_FLOOR):
            return f"{unit} {number}", 2 + skipped
    return (PLAIN_UNITS[first], 1) if first in PLAIN_UNITS else None


def _ends_a_street(words: Sequence[str]) -> bool:
    last = words[-1]
    if any(map(str.isdigit, last)):
        return True
    return len(words) > 1 and (last in SUFFIXES or last in DIRECTIONS)
