"""Where addresses are written as the United States Postal Service wants them."""

import re
from typing import Final

_NAMES: Final = frozenset(
    {
        *("us", "usa", "united states", "united states of america", "america"),
        *("as", "fm", "gu", "mh", "mp", "pr", "pw", "vi"),
        *("puerto rico", "guam", "american samoa", "us virgin islands"),
    }
)
_LONGEST: Final = 60
_ZIP: Final = re.compile(r"[0-9]{5}(?:[- ]?[0-9]{4})?")


def uses_zip_codes(country: str) -> bool:
    """Return whether ``country``, as senders write it, is the US or one of their territories."""
    if len(country) > _LONGEST:
        return False
    return " ".join(country.replace(".", "").casefold().split()) in _NAMES


def may_be_zip_code(text: str) -> bool:
    """Return whether ``text`` does not speak against the US: a ZIP code, or nothing."""
    return not text or (len(text) <= _LONGEST and _ZIP.fullmatch(text) is not None)
