"""Numbers, percentages and money."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from leadexec_fields.integers import IntegerSettings, IntegerType, LargeIntegerType
from leadexec_fields.money import MoneySettings, MoneyType
from leadexec_fields.numbers import DecimalSettings, DecimalType, PercentageType

from leadexec import FieldSetup
from leadexec.testing import FieldTypeContract

LARGEST = "9999999999999999999.0123456789"
SETUP = FieldSetup(name="Field", description="The field")


class TestDecimal(FieldTypeContract):
    field_type = DecimalType
    valid = [
        ("23.98", (Decimal("23.98"), "23.98")),
        ("1,234.50", (Decimal("1234.5"), "1234.5")),
        (" +.5 ", (Decimal("0.5"), "0.5")),
        ("-0.00", (Decimal(0), "0")),
        ("-.0", (Decimal(0), "0")),
        ("007.", (Decimal(7), "7")),
        (7, (Decimal(7), "7")),
        (0.1 + 0.2, (Decimal("0.3"), "0.3")),
        (1e18, (Decimal(10**18), "1000000000000000000")),
        (Decimal("1E+3"), (Decimal(1000), "1000")),
        (LARGEST, (Decimal(LARGEST), LARGEST)),
    ]
    invalid = [
        ("12,34", "not_a_number"),
        ("1,234,56", "not_a_number"),
        ("1.234,50", "not_a_number"),
        ("1e5", "not_a_number"),
        ("NaN", "not_a_number"),
        ("\uff11\uff12", "not_a_number"),
        ("٣", "not_a_number"),
        ("1 000", "not_a_number"),
        ("", "not_a_number"),
        (float("inf"), "not_a_number"),
        (Decimal("sNaN"), "not_a_number"),
        (True, "not_a_number"),
        ([1], "not_a_number"),
        ("9" * 20, "out_of_range"),
        (10**30, "out_of_range"),
        (Decimal("1E+999999"), "out_of_range"),
        (1e300, "out_of_range"),
        ("0.00000000001", "too_many_decimals"),
        (Decimal("1E-99999"), "too_many_decimals"),
    ]


class TestDecimalInARange(FieldTypeContract):
    field_type = DecimalType
    settings = {"minimum": "-1.5", "maximum": 2, "places": 1}
    valid = [("-1.5", (Decimal("-1.5"), "-1.5")), (1.96, (Decimal(2), "2"))]
    invalid = [
        ("-1.6", "out_of_range"),
        ("2.1", "out_of_range"),
        ("1.25", "too_many_decimals"),
    ]
    invalid_settings = (
        ({"minimum": 3, "maximum": 2}, {"minimum": "empty_range"}),
        (
            {"minimum": "NaN", "maximum": "1E+999999"},
            {"minimum": "bad_limit", "maximum": "bad_limit"},
        ),
        ({"minimum": "0.55", "places": 1}, {"minimum": "bad_limit"}),
    )


class TestPercentage(FieldTypeContract):
    field_type = PercentageType
    valid = [
        ("12.5%", (Decimal("12.5"), "12.5%")),
        ("98 %", (Decimal(98), "98%")),
        (0.98, (Decimal("0.98"), "0.98%")),
        ("105", (Decimal(105), "105%")),
    ]
    invalid = [
        ("-1%", "out_of_range"),
        ("%", "not_a_number"),
        ("1%%", "not_a_number"),
        ("12.50001%", "too_many_decimals"),
    ]


class TestInteger(FieldTypeContract):
    field_type = IntegerType
    valid = [
        ("23", (23, "23")),
        ("1,000", (1000, "1000")),
        ("-2147483648", (-(2**31), "-2147483648")),
        (2**31 - 1, (2**31 - 1, "2147483647")),
        ("12.00", (12, "12")),
        (12.0, (12, "12")),
        ("-0", (0, "0")),
    ]
    invalid = [
        ("12.5", "not_whole"),
        (12.5, "not_whole"),
        ("2147483648", "out_of_range"),
        (-(2**31) - 1, "out_of_range"),
        (False, "not_a_number"),
        ("²", "not_a_number"),
        ("12abc", "not_a_number"),
    ]
    invalid_settings = (
        ({"minimum": 2, "maximum": 1}, {"minimum": "empty_range"}),
        (
            {"minimum": -(2**31) - 1, "maximum": 2**31},
            {"minimum": "limit_too_large", "maximum": "limit_too_large"},
        ),
    )


class TestLargeInteger(FieldTypeContract):
    field_type = LargeIntegerType
    settings = {"grouping": True}
    valid = [
        ("1,000,000", (1_000_000, "1,000,000")),
        ("9223372036854775807", (2**63 - 1, "9,223,372,036,854,775,807")),
        (-(2**63), (-(2**63), "-9,223,372,036,854,775,808")),
    ]
    invalid = [(2**63, "out_of_range"), ("9223372036854775808", "out_of_range")]


class TestMoney(FieldTypeContract):
    field_type = MoneyType
    valid = [
        ("$1,234.50", (Decimal("1234.5"), "$1,234.50")),
        ("1234.5678", (Decimal("1234.5678"), "$1,234.5678")),
        ("usd 5", (Decimal(5), "$5.00")),
        ("5 USD", (Decimal(5), "$5.00")),
        ("USD $5", (Decimal(5), "$5.00")),
        ("$ 5", (Decimal(5), "$5.00")),
        (1234, (Decimal(1234), "$1,234.00")),
        (0.1 + 0.2, (Decimal("0.3"), "$0.30")),
        ("-0", (Decimal(0), "$0.00")),
    ]
    invalid = [
        ("-$5", "negative"),
        ("($5.00)", "negative"),
        ("$", "not_a_number"),
        ("$$5", "not_a_number"),
        ("€5", "not_a_number"),
        ("250k", "not_a_number"),
        ("$1.00001", "too_many_decimals"),
        ("100000000000000", "out_of_range"),
        (True, "not_a_number"),
    ]
    invalid_settings = (
        ({"symbol": "1$"}, {"symbol": "bad_symbol"}),
        ({"symbol": "(", "maximum": "-1"}, {"symbol": "bad_symbol", "maximum": "empty_range"}),
        ({"minimum": "Infinity"}, {"minimum": "bad_limit"}),
    )


class TestMoneyBelowZero(FieldTypeContract):
    field_type = MoneyType
    settings = {"negative": True, "symbol": "C$", "code": "CAD", "minimum": -100}
    valid = [
        ("-C$5", (Decimal(-5), "-C$5.00")),
        ("C$-5", (Decimal(-5), "-C$5.00")),
        ("(C$5.00)", (Decimal(-5), "-C$5.00")),
        ("CAD -5", (Decimal(-5), "-C$5.00")),
        (-5, (Decimal(-5), "-C$5.00")),
    ]
    invalid = [("-C$-5", "not_a_number"), ("(-5)", "not_a_number"), ("-101", "out_of_range")]


@given(cents=st.integers(0, 10**17))
@settings(max_examples=200, deadline=None, database=None, derandomize=True)
def test_money_is_exact_whatever_way_it_is_posted(cents: int) -> None:
    field = MoneyType(MoneySettings(), SETUP)
    amount = Decimal(cents) / 10_000

    assert field.parse(str(amount)) == amount
    assert field.parse(f"${amount:,}") == amount
    assert field.parse(amount) == amount
    assert field.parse(field.format(amount)) == amount


@given(number=st.integers(-(2**31), 2**31 - 1))
@settings(max_examples=200, deadline=None, database=None, derandomize=True)
def test_whole_numbers_are_read_plain_grouped_and_as_decimals(number: int) -> None:
    field = IntegerType(IntegerSettings(), SETUP)

    for raw in (number, str(number), f"{number:,}", f"{number}.0", Decimal(number), float(number)):
        assert field.parse(raw) == number


@given(number=st.decimals(-(10**15), 10**15, places=10))
@settings(max_examples=200, deadline=None, database=None, derandomize=True)
def test_decimals_lose_no_digit(number: Decimal) -> None:
    field = DecimalType(DecimalSettings(), SETUP)

    assert field.parse(format(number, "f")) == number
    assert field.parse(format(number, ",f")) == number
