"""Which Canadian province a postal code lies in (Canada Post's forward sortation areas)."""

from typing import Final

_BY_LETTER: Final = {
    "A": "NL",
    "B": "NS",
    "C": "PE",
    "E": "NB",
    "G": "QC",
    "H": "QC",
    "J": "QC",
    "K": "ON",
    "L": "ON",
    "M": "ON",
    "N": "ON",
    "P": "ON",
    "R": "MB",
    "S": "SK",
    "T": "AB",
    "V": "BC",
    "X": "NT",
    "Y": "YT",
}
_NUNAVUT: Final = frozenset({"X0A", "X0B", "X0C"})
"""Nunavut shares its letter with the Northwest Territories."""
_AMBIGUOUS: Final = frozenset({"K1A", "H0H"})
"""``K1A``: federal offices, in Ottawa as well as across the river in Quebec. ``H0H``: letters to
Santa."""


def province_of(postal_code: str) -> str | None:
    """Return the code of the province; None where the postal code does not decide it.

    Args:
        postal_code: In normal form, ``M5V 3L9``.
    """
    area = postal_code[:3]
    if area in _AMBIGUOUS:
        return None
    return "NU" if area in _NUNAVUT else _BY_LETTER.get(area[:1])
