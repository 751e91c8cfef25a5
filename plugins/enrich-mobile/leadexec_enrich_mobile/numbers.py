"""Phone numbers as senders write them."""

from typing import Final

from leadexec import Value

_LONGEST: Final = 60
_SHORTEST_E164, _LONGEST_E164 = 7, 15
_PUNCTUATION: Final = dict.fromkeys(map(ord, " \t().-/\u00a0\u2010\u2011\u2013"))


def asked_number(value: Value) -> str:
    """Return the number in a lead's field as lookups want it; empty when there is none.

    Ten digits of the US or Canada, with or without 1 or +1, become ten digits; what begins with +
    becomes E.164.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**_LONGEST_E164:
        value = str(value)
    if not isinstance(value, str) or len(value) > _LONGEST:
        return ""
    text = value.translate(_PUNCTUATION)
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return ""
    if len(digits) == 11 and digits[0] == "1":
        return digits[1:]
    if text != digits:
        return text if _SHORTEST_E164 <= len(digits) <= _LONGEST_E164 else ""
    return digits if len(digits) == 10 else ""
