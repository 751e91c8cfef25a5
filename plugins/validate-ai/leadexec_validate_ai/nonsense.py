"""Signs in a text that somebody hit the keys instead of answering."""

import itertools
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from leadexec import SystemField
from leadexec_validate_ai.bigrams import STRANGE, WILD, strangeness
from leadexec_validate_ai.lists import LISTS
from leadexec_validate_ai.sign import Shown, Sign

_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm")
_BESIDE: Final = frozenset(
    pair for row in _ROWS for a, b in itertools.pairwise(row) for pair in (a + b, b + a)
)
_PERSONAL: Final = frozenset(
    (
        SystemField.FIRST_NAME,
        SystemField.LAST_NAME,
        SystemField.FULL_NAME,
        SystemField.EMAIL,
    )
)
_REPEATED = re.compile(r"([^\W\d_])\1{3}")
_ORDINARY: Final = 4.7
"""Bits for each step up to which a word is taken for one though its keys lie side by side."""


def plain(text: str) -> str:
    """Return ``text`` in lower case, without accents; its length is bounded by the caller."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in letters if not unicodedata.combining(c))


@lru_cache(4096)  # names, streets and cities come again and again
def nonsense(shown: Shown) -> Sign | None:
    """Return the weightiest sign that ``shown`` is nonsense, or None."""
    text = plain(shown.text)
    words = re.findall(r"[^\W\d_]+", text)
    latin = [word for word in words if word.isascii()]
    findings = (
        (_is_trial(words, shown.system), 0.6, "holds a word that people type to try a form"),
        (_is_one_letter("".join(words)), 0.6, "is one letter over and over"),
        (_mostly(is_mash, latin, shortest=4), 0.6, "looks like keys hit side by side"),
        (_mostly(_is_wild, latin, shortest=5), 0.6, "has letters in an order that no name has"),
        (_REPEATED.search(text), 0.4, "has a letter four times in a row"),
        (_mostly(_is_strange, latin, shortest=5), 0.35, "has letters in an unusual order"),
    )
    for found, weight, what in findings:
        if found:
            return Sign(weight=weight, sentence=f"{shown.label} {what}")
    return None


def is_mash(word: str) -> bool:
    """Return whether ``word``, of four letters or more, was typed along the rows of a keyboard."""
    if strangeness(word) <= _ORDINARY:
        return False  # Wertz is a name
    if any(word in row or word[::-1] in row for row in _ROWS):
        return True
    steps = [a + b for a, b in itertools.pairwise(word)]
    return len(word) > 4 and sum(step in _BESIDE for step in steps) >= 0.8 * len(steps)


def _is_trial(words: list[str], system: SystemField) -> bool:
    """Return whether the words are those of somebody who tries a form.

    One such word is enough in a name or a mailbox; First Street and a comment may well have one.
    """
    trial = [word in LISTS.trial_words for word in words]
    return any(trial) if system in _PERSONAL else bool(trial) and all(trial)


def _is_one_letter(letters: str) -> bool:
    return len(letters) > 2 and len(set(letters)) == 1 and letters != "iii"


def _is_wild(word: str) -> bool:
    return strangeness(word) > WILD


def _is_strange(word: str) -> bool:
    return strangeness(word) > STRANGE


def _mostly(is_odd: Callable[[str], bool], words: list[str], *, shortest: int) -> bool:
    """Return whether half of the words or more, of those that are long enough, are odd."""
    long = [word for word in words if len(word) >= shortest]
    return bool(long) and 2 * sum(map(is_odd, long)) >= len(long)
