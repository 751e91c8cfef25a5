"""Reading digits and symbols as the letters they stand for (``b1tch``, ``$lut``, ``f*ck``)."""

from collections.abc import Iterator, Sequence
from typing import Final

from leadexec_validate_profanity.folding import CODES, MASKS

BARRIER: Final = "-"
"""Stands for a word in which nothing is looked for, and across which nothing is found."""

_DIGITS: Final = "0123456789"
_CODED: Final = frozenset(_DIGITS + CODES + MASKS)
_PUNCTUATION: Final = "!|+" + MASKS
_SAME: Final = dict(zip("0345789@$!|+€#", "oeastbgasiite*", strict=True))
_WITH_I: Final = str.maketrans(_SAME | {"1": "i"})
_WITH_L: Final = str.maketrans(_SAME | {"1": "l", "|": "l"})


def is_coded(word: str) -> bool:
    """Return whether a folded word has both letters and what may stand for letters."""
    return not _CODED.isdisjoint(word) and not _CODED.issuperset(word)


def decodings(folded: str) -> Iterator[Sequence[str]]:
    """Yield the ways to read a folded text as words, if it has digits or symbols within words.

    A digit may be either of two letters, and a symbol at the end of a word may be punctuation, so
    there are several. Numbers without letters are not read as words: ``455`` is a house number.
    Hidden letters are ``*``.
    """
    words = folded.split()
    if not any(map(is_coded, words)):
        return
    for edges in (_PUNCTUATION, _PUNCTUATION + _DIGITS):
        for table in (_WITH_I, _WITH_L):
            yield [_decoded(word.strip(edges), table) for word in words]
    yield [_decoded(word, _WITH_I) for word in words]
    if "@" in folded:  # as in an e-mail address
        parts = folded.replace("@", " ").split()
        yield [_decoded(part.strip(_PUNCTUATION + _DIGITS), _WITH_I) for part in parts]


def _decoded(word: str, table: dict[int, str]) -> str:
    if _CODED.isdisjoint(word):
        return word or BARRIER
    if _CODED.issuperset(word):
        return BARRIER
    # Two in a row are rather "ll", also where one alone is "i": bu11sh1t.
    return word.replace("11", "ll").translate(table)
