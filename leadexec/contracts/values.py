"""The values a lead's fields can have, before and after their type has read them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from leadexec.criteria.values import FieldKind, Value

RawValue: TypeAlias = Any
"""What a sender posted for one field: text, number, true or false, list or object, as decoded."""

Fields: TypeAlias = Mapping[str, Value]
"""A lead's own fields: field name → value. A missing name, None and "" all mean empty."""


def revive(kind: FieldKind, stored: Any) -> Value:
    """Return the value that was stored as JSON: ``Decimal`` and times come back from text."""
    if stored is None or not isinstance(stored, str | list):
        return stored
    if isinstance(stored, list):
        return [revive(kind, item) for item in stored]
    if kind is FieldKind.NUMBER:
        return Decimal(stored)
    if kind is FieldKind.DATETIME:
        return datetime.fromisoformat(stored)
    return stored


__all__ = ["FieldKind", "Fields", "RawValue", "Value", "revive"]
