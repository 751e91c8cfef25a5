"""Sub fields and calculated expressions."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leadexec_fields.calculated import CalculatedSettings, CalculatedType
from leadexec_fields.groups import SubFieldsSettings, SubFieldsType
from leadexec_fields.simple import SIMPLE_TYPES

from leadexec import ConfigurationError, FieldKind, FieldSetup, InvalidValueError, Value
from leadexec.testing import FieldTypeContract

NOW = datetime(2026, 11, 23, tzinfo=UTC)
POLICIES: dict[str, Any] = {
    "fields": [{"name": "Number", "required": True}, {"name": "Premium", "type": "money"}],
    "maximum": 2,
}
DRIVERS: dict[str, Any] = {
    "fields": [
        {"name": "Name"},
        {
            "name": "DateOfBirth",
            "description": "Date of birth",
            "type": "datetime",
            "settings": {"date_only": True},
        },
        {"name": "Policies", "type": "sub_fields", "settings": POLICIES},
    ],
    "minimum": 1,
    "maximum": 3,
}
SETUP = FieldSetup(name="Drivers", description="Drivers")
ANN: dict[str, Value] = {
    "Name": "Ann",
    "DateOfBirth": "1980-01-02T00:00:00Z",
    "Policies": [{"Number": "7", "Premium": "1234.5"}],
}
ANN_SHOWN = (
    '[{"Name":"Ann","DateOfBirth":"01/02/1980","Policies":[{"Number":"7","Premium":"$1,234.50"}]}]'
)


def grouped(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"fields": [{"name": f"Field{n}", **field} for n, field in enumerate(fields)]}


class TestSubFields(FieldTypeContract):
    field_type = SubFieldsType
    setup = SETUP
    settings = DRIVERS
    valid = [
        (
            [
                {
                    "name": " Ann ",
                    "DATEOFBIRTH": "1/2/1980",
                    "Policies": {"number": 7, "premium": "$1,234.50", "colour": "red"},
                }
            ],
            ([ANN], ANN_SHOWN),
        ),
        ('{"Name": "Ann", "Policies": "[]"}', ([{"Name": "Ann"}], '[{"Name":"Ann"}]')),
        ([{}, {"Name": "Bob", "DateOfBirth": ""}], ([{"Name": "Bob"}], '[{"Name":"Bob"}]')),
        (
            [{"Name": "exact", "name": "other", "NAME": "another"}],
            ([{"Name": "exact"}], '[{"Name":"exact"}]'),
        ),
    ]
    invalid = [
        ("Ann", "not_a_group"),
        ("[1]", "not_a_group"),
        (5, "not_a_group"),
        (["Ann"], "not_a_group"),
        ("[" * 5000, "not_a_group"),
        ('{"Name": "\ud800"}', "not_a_group"),
        ("[]", "too_few_items"),
        ([{"Name": ""}], "too_few_items"),
        ([{"Name": "Ann"}] * 4, "too_many_items"),
        ([{"Name": "Ann", "DateOfBirth": "soon"}], "not_a_date"),
        ([{"Policies": [{"Premium": 5}]}], "required"),
        ([{"Policies": [{"Number": 1}] * 3}], "too_many_items"),
        ("x" * 100_001, "too_long"),
    ]
    invalid_settings = (
        ({"fields": []}, {"fields": "no_fields"}),
        (
            {
                "minimum": 5,
                "maximum": 2,
                "fields": [
                    {"name": "a", "type": "nonsense"},
                    {"name": "A", "type": "calculated", "settings": {"formula": "1"}},
                    {"name": "b", "type": "text", "settings": {"min_length": "x"}},
                    {"name": "c", "type": "dropdown", "settings": {"options": [{"value": " "}]}},
                    {"name": "d", "type": "sub_fields", "settings": grouped({"type": "?"})},
                ],
            },
            {
                "minimum": "empty_range",
                "fields[0].type": "unknown_field_type",
                "fields[1].name": "duplicate_field",
                "fields[1].type": "unknown_field_type",
                "fields[2].settings": "invalid_settings",
                "fields[3].settings.options[0].value": "blank_option",
                "fields[4].settings.fields[0].type": "unknown_field_type",
            },
        ),
    )


class TestSubFieldsOfEveryType(FieldTypeContract):
    field_type = SubFieldsType
    settings = {
        "fields": [
            {
                "name": key,
                "type": key,
                "settings": {"options": [{"value": "a", "caption": "A choice"}]}
                if key == "dropdown"
                else {},
            }
            for key in SIMPLE_TYPES
        ]
    }
    valid = [
        (
            {
                "percentage": "12.50%",
                "large_integer": 2**60,
                "integer": 5,
                "yes_no": "y",
                "datetime": "1/2/2026 3:04 PM",
                "dropdown": "a choice",
            },
            (
                [
                    {
                        "percentage": "12.5",
                        "integer": 5,
                        "large_integer": str(2**60),
                        "yes_no": True,
                        "datetime": "2026-01-02T15:04:00Z",
                        "dropdown": "a",
                    }
                ],
                '[{"percentage":"12.5%","integer":"5","large_integer":"1152921504606846976",'
                '"yes_no":"Yes","datetime":"01/02/2026 3:04:00 PM","dropdown":"A choice"}]',
            ),
        )
    ]


def nested(depth: int) -> dict[str, Any]:
    inner = {"type": "sub_fields", "settings": nested(depth - 1)} if depth > 1 else {}
    return grouped(inner)


def made(values: dict[str, Any]) -> SubFieldsType:
    return SubFieldsType(msgspec.convert(values, SubFieldsSettings), SETUP)


def test_groups_nest_three_deep_and_no_deeper() -> None:
    made(nested(3))

    for depth in (4, 5, 100):
        with pytest.raises(ConfigurationError) as caught:
            made(nested(depth))
        assert "nested_too_deep" in {fault.code for fault in caught.value.faults}


def test_a_refusal_names_the_way_to_the_wrong_field() -> None:
    field = made(DRIVERS)

    with pytest.raises(InvalidValueError, match=r"^Drivers 2, Date of birth must be a date"):
        field.parse([{"Name": "Ann"}, {"DateOfBirth": "soon"}])
    with pytest.raises(InvalidValueError, match=r"^Drivers 1, Policies 2, Premium must be a num"):
        field.parse([{"Policies": [{"Number": 1}, {"Number": 2, "Premium": "much"}]}])
    with pytest.raises(InvalidValueError, match=r"^Drivers 1, Policies 1, Number is required\.$"):
        field.parse([{"Policies": {"Premium": 5}}])


def test_a_value_stored_under_earlier_settings_is_shown_as_it_is() -> None:
    field = made({"fields": [{"name": "Age", "type": "integer"}]})

    assert field.format([{"Age": "unknown", "Gone": "kept"}]) == '[{"Age":"unknown","Gone":"kept"}]'


_FINITE = st.floats(allow_nan=False, allow_infinity=False)
_LEAVES = st.none() | st.booleans() | st.integers() | _FINITE | st.text(max_size=5)
_ITEMS = st.dictionaries(
    st.sampled_from(["Name", "name", "DateOfBirth", "Policies", "Other"]),
    _LEAVES
    | st.sampled_from(["1/2/1980", "[]", "{}"])
    | st.lists(st.dictionaries(st.sampled_from(["Number", "premium"]), _LEAVES), max_size=2),
)


@given(raw=st.lists(_ITEMS, max_size=3))
@settings(max_examples=300, deadline=None, database=None, derandomize=True)
def test_a_group_is_read_from_json_as_from_objects(raw: list[dict[str, Any]]) -> None:
    field = made({**DRIVERS, "minimum": 0})
    try:
        value: object = field.parse(raw)
    except InvalidValueError as error:
        value = error.code

    try:
        read: object = field.parse(msgspec.json.encode(msgspec.to_builtins(raw)).decode())
    except InvalidValueError as error:
        read = error.code

    assert read == value


LOAN = FieldSetup(
    name="LTV",
    description="Loan to value",
    schema={
        "LTV": FieldKind.NUMBER,
        "Loan": FieldKind.NUMBER,
        "Value": FieldKind.NUMBER,
        "State": FieldKind.TEXT,
        "Born": FieldKind.DATETIME,
    },
)


class TestCalculated(FieldTypeContract):
    field_type = CalculatedType
    setup = LOAN
    settings = {"formula": "Loan / Value * 100", "places": 2, "suffix": "%"}
    invalid = [("80%", "computed"), (80, "computed")]
    invalid_settings = (
        ({"formula": ""}, {"formula": "formula_missing"}),
        ({"formula": "Loan / Price"}, {"formula": "unknown_name"}),
        ({"formula": "LTV + 1"}, {"formula": "refers_to_itself"}),
        ({"formula": "Loan > Value"}, {"formula": "not_a_number"}),
    )


def calculated(formula: str, **others: Any) -> CalculatedType:
    return CalculatedType(CalculatedSettings(formula=formula, **others), LOAN)


@pytest.mark.parametrize(
    ("loan", "value", "expected", "shown"),
    [
        (Decimal(80_000), Decimal(100_000), Decimal(80), "80%"),
        (Decimal(2), Decimal(3), Decimal("66.67"), "66.67%"),
        (1, 8, Decimal("12.5"), "12.5%"),
        (Decimal("0.00125"), Decimal(1), Decimal("0.13"), "0.13%"),
        (Decimal(5), Decimal(0), None, ""),
        (Decimal(5), None, None, ""),
    ],
)
def test_a_calculated_field_is_rounded_and_empty_where_there_is_no_number(
    loan: Value, value: Value, expected: Value, shown: str
) -> None:
    field = calculated("Loan / Value * 100", places=2, suffix="%")

    computed = field.compute({"Loan": loan, "Value": value}, NOW)

    assert computed == expected
    if computed is not None:
        assert field.format(computed) == shown


def test_a_calculated_field_says_what_it_reads() -> None:
    assert calculated("Loan / Value").reads() == {"Loan", "Value"}


def test_a_formula_goes_by_the_time_the_lead_was_received() -> None:
    born = datetime(1980, 11, 24, tzinfo=UTC)

    assert calculated("age(Born)").compute({"Born": born}, NOW) == Decimal(45)


def test_a_result_that_is_no_number_leaves_the_field_empty() -> None:
    assert calculated("State").compute({"State": "AZ"}, NOW) is None


def test_the_largest_result_is_rounded_without_failing() -> None:
    field = calculated("Loan * Loan", places=10)
    large = Decimal("1E+49") + Decimal("1E+22")

    computed = field.compute({"Loan": large}, NOW)

    assert isinstance(computed, Decimal)
    assert computed.adjusted() == 98
