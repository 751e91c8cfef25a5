"""Reading a line of an address into words, in capitals and without punctuation."""

import re
import unicodedata
from typing import Final

LONGEST: Final = 200
"""Characters of a line at most."""
_TYPOGRAPHIC: Final = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"}
)
_READABLE: Final = re.compile(r"[A-Z0-9 #&'\".,;:()/\-]*")
_INITIAL: Final = re.compile(r"\b([A-Z])\.(?=[A-Z](?:\.|\b))")
_DECIMAL: Final = re.compile(r"(?<=[0-9])\.(?=[0-9])")
_BREAK: Final = re.compile(r"[,;()]| -+ ")
_WORD: Final = re.compile(r"[A-Z0-9]+(?:[-/_][A-Z0-9]+)*|#|&")
_POINT: Final = "_"
"""Stands for the point of a decimal number while all others go; no readable line has one."""


def parts_of(text: str) -> list[list[str]] | None:
    """Return the parts between commas and the like, each as its words; None if it is no address.

    Accents go, since the postal service writes none. A line in another script, of more than 200
    characters, or with signs that no address has, is not read: better as it is than changed
    without being understood.
    """
    if len(text) > LONGEST:
        return None
    plain = unicodedata.normalize("NFD", text.translate(_TYPOGRAPHIC))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).upper()
    plain = re.sub(r"[\t ]+", " ", re.sub(r"\r?\n", ", ", plain.strip()))
    if not _READABLE.fullmatch(plain):
        return None
    plain = _INITIAL.sub(r"\1", plain.replace("'", "").replace('"', " "))
    plain = _DECIMAL.sub(_POINT, plain).replace(".", " ").replace(":", " ").replace("#", " # ")
    parts = []
    for part in _BREAK.split(f" {plain} "):
        words = [word.strip("-") for word in part.split()]
        if not all(map(_WORD.fullmatch, words)):
            return None
        if words:
            parts.append([word.replace(_POINT, ".") for word in words])
    return parts


def line_of(text: str) -> str:
    """Return a line that has no structure of its own, such as a city; empty when it is unread."""
    return " ".join(word for part in parts_of(text) or () for word in part)
