"""Reading a posted lead's fields by their types (``LT3``, ``LT4``)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leadexec.catalog.compiled import CompiledField, CompiledLeadType
from leadexec.contracts.values import Value
from leadexec.errors import InvalidValueError
from leadexec.model.lead import Reason
from leadexec.plugins import FaultLog


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
    raw: dict[str, Any] = {}
    by_name = lead_type.by_posted_name
    for name, value in posted.items():
        field = by_name.get(name) or by_name.get(name.lower())
        if field is None:
            read.unknown[name] = value
        else:
            raw[field.name] = value
    for field in lead_type.fields:
        _read_one(field, raw.get(field.name), read, faults)
    for field in lead_type.computed:
        _compute(field, read, now, faults)
    return read


def is_blank(raw: Any) -> bool:
    """Return whether a posted value means "nothing": None, blank text, an empty list or object."""
    return (
        raw is None
        or raw == ""
        or raw == []
        or raw == {}
        or (isinstance(raw, str) and not raw.strip())
    )


def _read_one(field: CompiledField, raw: Any, read: ReadFields, faults: FaultLog) -> None:
    if is_blank(raw):
        raw = field.default
        if not raw:
            if field.required:
                message = f"{field.description} is required."
                read.reasons.append(
                    Reason(code="required_field_missing", message=message, field=field.name)
                )
            return
    if field.type is None:  # the lead is held for it; keep what was posted
        read.values[field.name] = raw if isinstance(raw, str) else str(raw)
        return
    if field.type.computed:
        return
    try:
        value = field.type.parse(raw)
    except InvalidValueError as error:
        read.reasons.append(Reason(code=error.code, message=error.message, field=field.name))
        return
    except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault is recorded, the lead held
        faults.record(field.plugin, f"parsing field '{field.name}'", error)
        read.faulty.append(field.name)
        return
    if value is not None:
        read.values[field.name] = value


def _compute(field: CompiledField, read: ReadFields, now: datetime, faults: FaultLog) -> None:
    if field.type is None:
        return
    try:
        value = field.type.compute(read.values, now)
    except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault is recorded, the lead held
        faults.record(field.plugin, f"computing field '{field.name}'", error)
        read.faulty.append(field.name)
        return
    if value is not None:
        read.values[field.name] = value
