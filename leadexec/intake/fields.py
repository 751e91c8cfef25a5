"""Reading a posted lead's fields by their types (``LT3``, ``LT4``)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from leadexec.catalog.compiled import CompiledField, CompiledLeadType
from leadexec.contracts.post import Reason
from leadexec.contracts.values import Value
from leadexec.errors import InvalidValueError
from leadexec.plugins import FaultLog

MISSING = "required_field_missing"
SHORT = 64
"""Characters; longer texts are not remembered."""
REMEMBERED = 2_048
"""Texts remembered per field."""
UNCHANGING = frozenset({str, Decimal, datetime, bool, int})


class ReadFields:
    """The typed fields of one posted lead, and everything that was wrong with them."""

    __slots__ = ("faulty", "reasons", "unknown", "values")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.values: dict[str, Value] = {}
        self.reasons: list[Reason] = []
        """Why the lead is rejected: one per faulty or missing field."""
        self.unknown: dict[str, Any] = {}
        """Posted fields that the lead type does not have; kept in the request, not fatal."""
        self.faulty: list[str] = []
        """Fields whose plugin raised: the lead is held."""


def read_fields(
    lead_type: CompiledLeadType, posted: Mapping[str, Any], now: datetime, faults: FaultLog
) -> ReadFields:
    """Return ``posted`` read by the fields of ``lead_type``; names match in any case.

    A field that is absent or blank takes its default; a required one without a value, and one
    whose value its type refuses, is a reason to reject. All reasons are listed.
    """
    read = ReadFields()
    raw = _by_name(lead_type, posted, read)
    values = read.values
    for field in lead_type.plain:
        name = field.name
        given = raw.get(name)
        if type(given) is str:
            known = field.read.get(given)
            if known is not None:
                values[name] = known
                continue
        if not is_blank(given):
            _read_one(field, given, read, faults)
        elif field.default:
            _read_one(field, field.default, read, faults)
        elif field.required:
            read.reasons.append(_missing(field))
    for field in lead_type.computed:
        _compute(field, read, now, faults)
    return read


def is_blank(raw: Any) -> bool:
    """Return whether a posted value means "nothing": None, blank text, an empty list or object."""
    if type(raw) is str:
        return not raw or raw.isspace()
    return raw is None or (isinstance(raw, list | dict) and not raw)


def _read_one(field: CompiledField, given: Any, read: ReadFields, faults: FaultLog) -> None:
    if field.type is None:  # the lead is held for it; keep what was posted
        read.values[field.name] = given if isinstance(given, str) else str(given)
        return
    if field.invalid and (found := _invalid(field, given)):
        read.reasons.append(found)
        return
    try:
        value = field.type.parse(given)
    except InvalidValueError as error:
        message = field.error_message or error.message
        read.reasons.append(Reason(code=error.code, message=message, field=field.name))
        return
    except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault is recorded
        faults.record(field.plugin, f"parsing field '{field.name}'", error)
        read.faulty.append(field.name)
        return
    kind = type(value)
    if value is None or value == []:
        if field.required:
            read.reasons.append(_missing(field))
        return
    if kind is Decimal and value.as_tuple().exponent > 0:  # type: ignore[operator,union-attr]  # finite
        value = Decimal(f"{value:f}")  # stored without an exponent, as filters in SQL read it
    read.values[field.name] = value
    if type(given) is str and len(given) <= SHORT and kind in UNCHANGING:
        if len(field.read) >= REMEMBERED:
            field.read.clear()
        field.read[given] = value


def _invalid(field: CompiledField, given: Any) -> Reason | None:
    """Return why a value with characters that may not occur is refused (``LT6``)."""
    found = sorted({character for text in _texts(given) for character in text} & field.invalid)
    if not found:
        return None
    shown = " ".join(found)
    message = field.error_message or f"{field.description} must not contain: {shown}"
    return Reason(code="invalid_characters", message=message, field=field.name)


def _texts(given: Any) -> Iterator[str]:
    """Yield every text in a posted value; numbers are what a form would have for them."""
    if isinstance(given, str):
        yield given
    elif isinstance(given, list | dict):
        for item in given.values() if isinstance(given, dict) else given:
            yield from _texts(item)
    elif given is not None and not isinstance(given, bool):
        yield str(given)


def _by_name(
    lead_type: CompiledLeadType, posted: Mapping[str, Any], read: ReadFields
) -> Mapping[str, Any]:
    """Return what was posted by the names of fields; note names that no field has."""
    known = lead_type.info.fields
    if posted.keys() <= known.keys():
        return posted
    by_name = lead_type.by_posted_name
    raw: dict[str, Any] = {}
    for name, value in posted.items():
        field = by_name.get(name) or by_name.get(name.lower())
        if field is None:
            read.unknown[name] = value
        else:
            raw[field.name] = value
    return raw


def _missing(field: CompiledField) -> Reason:
    message = f"{field.description} is required."
    return Reason(code=MISSING, message=message, field=field.name)


def _compute(field: CompiledField, read: ReadFields, now: datetime, faults: FaultLog) -> None:
    if field.type is None:
        return
    try:
        value = field.type.compute(read.values, now)
    except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault is recorded
        faults.record(field.plugin, f"computing field '{field.name}'", error)
        read.faulty.append(field.name)
        return
    if value is not None:
        read.values[field.name] = value
    elif field.required:
        read.reasons.append(_missing(field))
