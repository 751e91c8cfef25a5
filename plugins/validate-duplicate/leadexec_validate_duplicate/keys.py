"""From the values of some fields to a key that tells equal from different, and nothing else."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec

from leadexec import Value

_SAFE_IN_JSON = 2**53
_encode = msgspec.json.Encoder().encode


def key_of(group: Sequence[str], fields: Mapping[str, Value]) -> str | None:
    """Return the key of a lead's values in ``group``: 32 hexadecimal digits (BLAKE2b-128).

    None when one of the fields is empty: an empty value is not a duplicate of another.
    Texts agree whatever their case, their blanks and their Unicode form; numbers by value (5 and
    5.00); times by instant. Field types have normalised phones, states and the like before.
    """
    values = []
    for name in group:
        value = _comparable(fields.get(name))
        if value is None:
            return None
        values.append(value)
    told = _encode((group, values))
    return blake2b(told, digest_size=16, person=b"leadexec-dup").hexdigest()


def plain_json(value: Value) -> Any:
    """Return ``value`` in JSON's own types, as it can be posted again."""
    match value:
        case bool() | str() | None:
            return value
        case int() if abs(value) <= _SAFE_IN_JSON:
            return value
        case datetime():
            return value.isoformat()
        case list():
            return [plain_json(item) for item in value]
        case dict():
            return {name: plain_json(item) for name, item in value.items()}
        case _:
            return str(value)


def is_empty(value: Value) -> bool:
    """Return whether there is nothing in ``value``."""
    return _comparable(value) is None


def _comparable(value: Value) -> Any:
    if type(value) is str:
        return _text(value) or None
    match value:
        case list():
            return [c for item in value if (c := _comparable(item)) is not None] or None
        case dict():
            parts = [[name, _comparable(value[name])] for name in sorted(value)]
            return [part for part in parts if part[1] is not None] or None
        case _:
            return _text(value) or None


def _text(value: str | bool | int | Decimal | datetime | None) -> str:
    if type(value) is str and value.isascii():  # the usual case; NFKC changes nothing in ASCII
        return " ".join(value.lower().split())
    match value:
        case None:
            return ""
        case str():
            return " ".join(unicodedata.normalize("NFKC", value).casefold().split())
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return _number(Decimal(value))
        case datetime():
            return _instant(value)


def _number(number: Decimal) -> str:
    # Not normalize(): it rounds to the context's precision, and different numbers would agree.
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        return str(number)
    written = "".join(map(str, digits)).lstrip("0")
    significant = written.rstrip("0")
    if not significant:
        return "0"
    return f"{'-' if sign else ''}{significant}e{exponent + len(written) - len(significant)}"


def _instant(moment: datetime) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat()
