"""Phone numbers as the list holds them: whole numbers, country code first (E.164)."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from leadexec import InvalidValueError, Value

_PLAN: Final = 10_000_000_000
"""What ten digits of the North American Numbering Plan lack: the country code 1."""
_SHORTEST, _LONGEST = 7, 15
"""Digits of an international number, its country code included (ITU-T E.164)."""
_MOST: Final = 10**_LONGEST
_LONGEST_TEXT: Final = 60
_EXTENSION: Final = re.compile(r"[ ,;]*(?:extension|ext\.?|x|#)[ .:]*[0-9]{1,7}$", re.IGNORECASE)
_SPREADSHEET: Final = re.compile(r"\.0+$")
"""What a spreadsheet appends to a number that it took for a quantity."""
_PUNCTUATION: Final = dict.fromkeys(
    map(ord, " \t().-/\u00a0\u2010\u2011\u2012\u2013\u2014\u202f\u2212")
)


def read_number(text: str) -> int:
    """Return the number that ``text`` writes: its E.164 digits as a whole number.

    Ten digits are a number of the US or Canada, with or without 1 or +1. Numbers of other
    countries begin with +, 00 or 011, or have 11 to 15 digits. Usual punctuation and extensions
    do not matter.

    Raises:
        InvalidValueError: ``empty``, ``not_a_number``, ``wrong_length``, ``no_such_number``. The
            message does not repeat the text.
    """
    if len(text) == 10 and text.isascii() and text.isdigit() and text[0] > "1" and text[3] > "1":
        return _PLAN + int(text)
    digits, abroad = _digits(text)
    if abroad:
        return _international(digits)
    if len(digits) == 10:
        return _of_plan("1" + digits)
    if len(digits) == 11 and digits[0] == "1":
        return _of_plan(digits)
    if len(digits) < 11:
        message = f"It has {len(digits)} digits; a number of the US or Canada has ten."
        raise InvalidValueError("wrong_length", message)
    return _international(digits)


def show_number(number: int) -> str:
    """Return a stored number for people: ten digits, or + and E.164 digits outside the +1."""
    return str(number - _PLAN) if _PLAN <= number < 2 * _PLAN else f"+{number}"


def number_in(value: Value) -> int | None:
    """Return the number in a lead's field; None where there is none that could be dialled."""
    text = _text_of(value)
    try:
        return read_number(text) if text else None
    except InvalidValueError:
        return None


def ranges_of(beginning: str) -> Iterator[tuple[int, int]]:
    """Yield (from, until) of the numbers that begin as ``beginning``, or that it writes in full.

    Raises:
        InvalidValueError: As ``read_number``, for what no number begins with.
    """
    digits, abroad = _digits(beginning)
    whole = not abroad and (len(digits) >= 11 or (len(digits) == 10 and digits[0] > "1"))
    if whole:
        number = read_number(beginning)
        yield number, number + 1
        return
    if digits[0] == "0" or len(digits) > _LONGEST:
        raise InvalidValueError("no_such_number", "No number begins like that.")
    if not abroad and digits[0] != "1":
        digits = "1" + digits
    shortest, longest = (11, 11) if digits[0] == "1" else (_SHORTEST, _LONGEST)
    for length in range(max(len(digits), shortest), longest + 1):
        step = 10 ** (length - len(digits))
        yield int(digits) * step, (int(digits) + 1) * step


def _text_of(value: Value) -> str:
    match value:
        case str():
            return value
        case bool():
            return ""
        case int() if 0 <= value < _MOST:
            return str(value)
        case Decimal() if value.is_finite() and 0 <= value < _MOST and value == int(value):
            return str(int(value))
    return ""


def _digits(text: str) -> tuple[str, bool]:
    """Return the digits of ``text``, and whether they begin with a country code for certain."""
    text = text.strip()
    if not text:
        raise InvalidValueError("empty", "There is no number.")
    if len(text) > _LONGEST_TEXT:
        raise InvalidValueError("not_a_number", "It is longer than a phone number can be.")
    text = _SPREADSHEET.sub("", _EXTENSION.sub("", text.removeprefix("tel:")))
    digits = text.translate(_PUNCTUATION)
    abroad = digits.startswith("+")
    digits = digits.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidValueError("not_a_number", "It has other characters than a phone number.")
    for prefix in () if abroad else ("011", "00"):
        if digits.startswith(prefix) and len(digits) > len(prefix):
            return digits.removeprefix(prefix), True
    return digits, abroad


def _of_plan(digits: str) -> int:
    if len(digits) != 11:
        message = "After +1 a number has ten digits."
        raise InvalidValueError("wrong_length", message)
    if digits[1] in "01" or digits[4] in "01":
        message = "Its area code or exchange cannot exist."
        raise InvalidValueError("no_such_number", message)
    return int(digits)


def _international(digits: str) -> int:
    if digits[0] == "1":
        return _of_plan(digits)
    if digits[0] == "0":
        raise InvalidValueError("no_such_number", "No country code begins with 0.")
    if not _SHORTEST <= len(digits) <= _LONGEST:
        message = f"An international number has {_SHORTEST} to {_LONGEST} digits."
        raise InvalidValueError("wrong_length", message)
    return int(digits)
