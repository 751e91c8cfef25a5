"""Typed values and their stored form; the package's public names."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

import leadexec.criteria
from leadexec.criteria import FieldKind, normal_text, stored, stored_fields
from leadexec.criteria.values import typed_value

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Decimal("1.50"), "1.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.00"), "0"),
        (Decimal("NaN"), "NaN"),
        (2**53 + 1, "9007199254740993"),
        (7, 7),
        (True, True),
        (NOON, "2026-03-01T12:00:00Z"),
        (NOON.replace(microsecond=1200), "2026-03-01T12:00:00.001200Z"),
        (NOON.astimezone(timezone(timedelta(hours=2))), "2026-03-01T12:00:00Z"),
        ([Decimal("2.0"), {"a": None}], ["2", {"a": None}]),
    ],
)
def test_a_value_is_stored_in_one_form_only(value: Any, wanted: Any) -> None:
    assert stored(value) == wanted
    assert stored_fields({"x": value}) == {"x": wanted}


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        (FieldKind.NUMBER, Decimal("12.0"), 12),
        (FieldKind.NUMBER, "12.50", Decimal("12.5")),
        (FieldKind.NUMBER, "1e5", None),
        (FieldKind.NUMBER, "9" * 101, None),
        (FieldKind.NUMBER, 10**100, None),
        (FieldKind.NUMBER, Decimal("1E+1000000"), None),
        (FieldKind.NUMBER, Decimal("-Infinity"), None),
        (FieldKind.NUMBER, False, None),
        (FieldKind.DATETIME, "2026-03-01T12:00:00Z", NOON),
        (FieldKind.DATETIME, "2026-02-31T12:00:00Z", None),
        (FieldKind.DATETIME, "2026-03-01", None),
        (FieldKind.BOOLEAN, "true", None),
        (FieldKind.TEXT, Decimal("5.10"), "5.1"),
        (FieldKind.TEXT, ["a"], None),
        (FieldKind.LIST, "A", ("a",)),
        (FieldKind.LIST, [1, [True, {"x": " B "}], ""], ("1", "true", "b")),
    ],
)
def test_a_value_is_read_by_its_kind_or_counts_as_empty(
    kind: FieldKind, value: Any, wanted: Any
) -> None:
    assert typed_value(kind, value) == wanted


def test_only_ascii_letters_fold() -> None:
    assert normal_text("\t ÄBCİ\r\n") == "Äbcİ"


def test_the_public_names_are_sorted_and_there() -> None:
    names = leadexec.criteria.__all__
    assert sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name)) == names
    assert all(hasattr(leadexec.criteria, name) for name in names)
