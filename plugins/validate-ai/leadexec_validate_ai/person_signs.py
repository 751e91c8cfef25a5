"""Signs that a name is nobody's, and that the fields of a lead were filled without care."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from leadexec import SystemField
from leadexec_validate_ai.lists import LISTS
from leadexec_validate_ai.nonsense import plain
from leadexec_validate_ai.sign import Shown, Sign

NAMES: Final = (SystemField.FIRST_NAME, SystemField.LAST_NAME, SystemField.FULL_NAME)
_UNLIKE: Final = frozenset(
    (*NAMES, SystemField.EMAIL, SystemField.ADDRESS, SystemField.CITY, SystemField.COMMENTS)
)
_MANY: Final = 3
_ADDRESS = re.compile(r"@|https?:|www\.", re.IGNORECASE)


def name_signs(shown: Shown) -> Iterator[Sign]:
    """Yield the signs against one name."""
    if _ADDRESS.search(shown.text):
        yield Sign(weight=0.6, sentence=f"{shown.label} is an address, not a name")
    elif re.search(r"\d", shown.text):
        yield Sign(weight=0.35, sentence=f"{shown.label} has digits in it")


def person_signs(shown: Sequence[Shown]) -> Iterator[Sign]:
    """Yield the signs that are seen when the fields are looked at together."""
    texts = {s.system: " ".join(plain(s.text).split()) for s in reversed(shown)}
    first, last = texts.get(SystemField.FIRST_NAME, ""), texts.get(SystemField.LAST_NAME, "")
    full = texts.get(SystemField.FULL_NAME, "") or f"{first} {last}"
    if full in LISTS.invented_names:
        yield Sign(weight=0.6, sentence="The name is that of somebody who does not exist")
    if first and first == last:
        yield Sign(weight=0.3, sentence="First and last name are the same")
    if first and last and len(first) == len(last) == 1:
        yield Sign(weight=0.4, sentence="First and last name are single letters")
    yield from _copied(shown)


def _copied(shown: Sequence[Shown]) -> Iterator[Sign]:
    """Yield a sign if one text stands in several fields that have nothing in common."""
    counted = Counter(
        " ".join(plain(s.text).split()) for s in shown if s.system in _UNLIKE and len(s.text) > 1
    )
    if counted and counted.most_common(1)[0][1] >= _MANY:
        yield Sign(weight=0.6, sentence="The same text stands in several fields")
