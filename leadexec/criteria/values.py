"""Typed values of a lead's fields, and the one way in which all readers of criteria see them.

A lead's fields are read as *typed* values, decided by the field's kind and nothing else:

* ``TEXT``: trimmed of space, tab, CR and LF, then lower-cased in ASCII only, so that SQLite,
  PostgreSQL and Python agree to the letter. A number, boolean or date is read as its stored text.
* ``NUMBER``: an int, or a Decimal with a fraction. NaN, infinity and numbers whose plain text is
  longer than 100 characters are not numbers.
* ``DATETIME``: an aware datetime; a naive one is taken as UTC.
* ``BOOLEAN``: true or false.
* ``LIST``: the texts of all leaves, however deep (sub fields contribute each of their values).

A missing key, None, "", blanks only and a list without leaves are *empty*; a value that does not
fit its field's kind is empty too. Numbers and dates may also come as the text in which they are
stored, so that a row read back from the database is judged like the lead it was.
"""

import enum
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias

Value: TypeAlias = str | bool | int | Decimal | datetime | list["Value"] | dict[str, "Value"] | None
"""What a lead's field can hold."""

CriteriaFunction: TypeAlias = Callable[..., Value]
"""A plugin's named function, for formulas and :class:`FunctionTest`: values in, a value out; pure,
quick, the same result for the same arguments."""

Fields: TypeAlias = Mapping[str, Any]
"""A lead's fields: names to :data:`Value`."""

Typed: TypeAlias = Any
"""A typed value (str, int, Decimal, datetime, bool, tuple of str, None); its kind is known."""


class FieldKind(enum.StrEnum):
    """How the values of a field compare."""

    TEXT = "text"
    NUMBER = "number"
    DATETIME = "datetime"
    BOOLEAN = "boolean"
    LIST = "list"


Schema: TypeAlias = Mapping[str, FieldKind]
"""The kind of every field that a tree may name."""

BLANKS = " \t\n\r"
"""The characters trimmed from both ends of a text."""

NUMBER_LENGTH = 100
"""The longest plain text of a number."""

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
_EXACT_IN_JSON = 2**53
_SHORT = 40
_TEXT = FieldKind.TEXT
_NUMBER_KIND = FieldKind.NUMBER


def normal_text(text: str) -> str:
    """Return ``text`` as criteria compare it: trimmed and in lower case (ASCII letters only)."""
    text = text.strip(BLANKS)
    if text.isascii():
        return text.lower()
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def decimal_text(number: int | Decimal) -> str:
    """Return the canonical text of a number: no exponent, no trailing zeros, no ``-0``."""
    text = format(number, "f") if isinstance(number, Decimal) else str(number)
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def moment_text(moment: datetime) -> str:
    """Return the canonical text of a date: UTC, ``2026-01-02T03:04:05Z``, as msgspec writes it."""
    return _utc(moment).isoformat().replace("+00:00", "Z")


def plain_text(value: Any) -> str:  # noqa: PLR0911  one case per type
    """Return the stored text of a scalar value: ``true``, ``12.5``, a date in UTC; None is ""."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value) if value.bit_length() < 4_000 else hex(value)
        case Decimal():
            wild = not value.is_finite() or abs(value.adjusted()) > NUMBER_LENGTH
            return str(value) if wild else decimal_text(value)
        case datetime():
            return moment_text(value)
        case _:
            return str(value)


def stored(value: Value) -> Any:
    """Return ``value`` as it is stored in a lead's JSON; ``to_sql`` relies on this form.

    Text stays; Decimals and ints beyond 2**53 become their canonical text, dates the UTC text of
    :func:`moment_text`; ints, booleans, lists and None stay JSON's own.
    """
    match value:
        case bool() | str() | None:
            return value
        case int():
            return value if -_EXACT_IN_JSON <= value <= _EXACT_IN_JSON else plain_text(value)
        case Decimal():
            return plain_text(value)
        case datetime():
            return moment_text(value)
        case list():
            return [stored(item) for item in value]
        case dict():
            return {key: stored(item) for key, item in value.items()}


def stored_fields(fields: Fields) -> dict[str, Any]:
    """Return a lead's fields as they are stored; see :func:`stored`."""
    return {name: stored(value) for name, value in fields.items()}


def typed_value(kind: FieldKind, value: Any) -> Typed:
    """Return ``value`` as criteria compare it in a field of ``kind``; None when it is empty."""
    if kind is _TEXT:
        return _read_text(value)
    return _read_number(value) if kind is _NUMBER_KIND else _READERS[kind](value)


def leaf_texts(value: Any) -> Iterator[str]:
    """Yield the trimmed, not empty texts of a value and of everything in it, in its own case."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from leaf_texts(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from leaf_texts(item)
    elif text := plain_text(value).strip(BLANKS):
        yield text


def is_scalar(value: Any) -> bool:
    """Tell whether a value is neither a list nor a group of sub fields."""
    return not isinstance(value, list | tuple | Mapping)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _read_text(value: Any) -> str | None:
    if isinstance(value, str):
        return normal_text(value) or None
    return normal_text(plain_text(value)) or None if is_scalar(value) else None


def _read_number(value: Any) -> int | Decimal | None:
    if isinstance(value, Decimal):
        if value.is_finite() and -_SHORT < value.adjusted() < _SHORT:
            whole = int(value)
            if whole == value:
                return whole
            if len(str(value)) < _SHORT:
                return value
        value = plain_text(value)
    elif isinstance(value, int):
        if isinstance(value, bool):
            return None
        if value.bit_length() < 300:
            return value
        value = plain_text(value)
    elif isinstance(value, float):
        value = repr(value)
    if not isinstance(value, str) or len(value) > NUMBER_LENGTH or not _NUMBER.fullmatch(value):
        return None
    number = Decimal(value)
    whole = int(number)
    return whole if whole == number else number


def _read_moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return None
    return None


def _read_boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _read_list(value: Any) -> tuple[str, ...] | None:
    return tuple(normal_text(text) for text in leaf_texts(value)) or None


_READERS = {
    FieldKind.TEXT: _read_text,
    FieldKind.NUMBER: _read_number,
    FieldKind.DATETIME: _read_moment,
    FieldKind.BOOLEAN: _read_boolean,
    FieldKind.LIST: _read_list,
}
