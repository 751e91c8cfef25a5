"""What the operators mean, empties and failures included, and how verdicts read."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadexec.criteria import (
    EVERYTHING,
    All,
    AnyOf,
    Criteria,
    DistanceTest,
    FieldKind,
    FieldTest,
    FormulaTest,
    FunctionTest,
    Not,
    Operator,
    PatternTest,
    Place,
    Resources,
    compile_criteria,
)

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
SCHEMA = {
    "State": FieldKind.TEXT,
    "Score": FieldKind.NUMBER,
    "Born": FieldKind.DATETIME,
    "Consent": FieldKind.BOOLEAN,
    "Tags": FieldKind.LIST,
    "Latitude": FieldKind.NUMBER,
    "Longitude": FieldKind.NUMBER,
}


def boom(*_: Any) -> bool:
    raise RuntimeError("boom")


RESOURCES = Resources(
    functions={"boom": boom, "first": lambda text: text[0]},
    locate=lambda zip_code: (
        Place(latitude=34.09, longitude=-118.41) if zip_code == "90210" else None
    ),
    titles={"State": "US state"},
)
BOOM = FunctionTest(function="boom")


def a_test(field: str, operator: str, *values: str) -> FieldTest:
    return FieldTest(field=field, operator=Operator(operator), values=values)


def matches(tree: Criteria, **lead: Any) -> bool:
    return compile_criteria(tree, SCHEMA, RESOURCES).matches(lead, NOW)


def test_a_tree_without_rules_matches_every_lead() -> None:
    assert matches(EVERYTHING)


@pytest.mark.parametrize(
    ("test", "value", "wanted"),
    [
        (a_test("State", "is", " ca "), "CA", True),
        (a_test("State", "is", "É"), "é", False),
        (a_test("State", "is_not", "CA"), "ca", False),
        (a_test("State", "is_any_of", "TX", "CA"), "\tca\n", True),
        (a_test("State", "contains", "RK"), "New York", True),
        (a_test("State", "starts_with", "york"), "New York", False),
        (a_test("State", "starts_with", "New Y"), "new york", True),
        (a_test("State", "ends_with", "YORK"), "New York ", True),
        (a_test("State", "between", "90000", "95000"), "90210-1234", True),
        (a_test("Score", "is", "5.0"), 5, True),
        (a_test("Score", "is", "0.3"), Decimal("0.1") + Decimal("0.2"), True),
        (a_test("Score", "greater_than", "5"), Decimal("5.0000001"), True),
        (a_test("Score", "at_most", "5"), Decimal("5.0000001"), False),
        (a_test("Score", "between", "-1", "1"), -1, True),
        (a_test("Score", "is", "1"), True, False),
        (a_test("Score", "at_least", "0"), Decimal("NaN"), False),
        (a_test("Consent", "is", "yes"), True, True),
        (a_test("Consent", "is", "no"), False, True),
        (a_test("Tags", "is", "b"), ["A", "B"], True),
        (a_test("Tags", "is_not", "b"), ["A", "B"], False),
        (a_test("Tags", "is_any_of", "ford"), [{"car": "Ford", "by": [{"name": "x"}]}], True),
        (a_test("Tags", "is_none_of", "x"), [{"car": "Ford", "by": [{"name": "X"}]}], False),
        (a_test("Tags", "starts_with", "f"), ["a", "Ford"], True),
    ],
)
def test_an_operator_compares_as_its_kind_does(test: FieldTest, value: Any, wanted: bool) -> None:
    assert matches(test, **{test.field: value}) is wanted


@pytest.mark.parametrize(
    ("operator", "values", "inside", "outside"),
    [
        ("is", ["2026-03-01"], timedelta(), timedelta(days=1)),
        ("after", ["2026-02-28"], timedelta(hours=-12.5), timedelta(hours=-13)),
        ("before", ["2026-03-01"], timedelta(hours=-13), timedelta(hours=-12.5)),
        ("at_most", ["2026-03-01"], timedelta(hours=11), timedelta(hours=12)),
        ("between", ["2026-03-01", "2026-03-02"], timedelta(days=1), timedelta(days=2)),
        ("is", ["2026-03-01T13:30:00+01:00"], timedelta(), timedelta(microseconds=1)),
        ("within_last_days", ["7"], timedelta(days=-7), timedelta(days=-7, microseconds=-1)),
        ("within_last_days", ["7"], timedelta(), timedelta(microseconds=1)),
        ("within_next_days", ["7"], timedelta(days=7), timedelta(days=7, microseconds=1)),
    ],
)
def test_dates_compare_in_utc_and_a_date_is_its_whole_day(
    operator: str, values: list[str], inside: timedelta, outside: timedelta
) -> None:
    test = a_test("Born", operator, *values)
    assert matches(test, Born=NOW + inside)
    assert not matches(test, Born=NOW + outside)


@pytest.mark.parametrize("empty", ["", "  ", None, [], [""], [None, {"a": " "}]])
def test_an_empty_field_meets_negative_operators_only(empty: Any) -> None:
    for field, operand in (("State", "ca"), ("Tags", "ca")):
        lead = {field: empty}
        assert matches(a_test(field, "is_empty"), **lead)
        assert matches(a_test(field, "is_not", operand), **lead)
        assert matches(a_test(field, "is_none_of", operand), **lead)
        assert matches(Not(item=a_test(field, "is", operand)), **lead)
        assert not matches(a_test(field, "is", operand), **lead)
        assert not matches(a_test(field, "is_not_empty"), **lead)
        assert not matches(PatternTest(field=field, pattern="^$"), **lead)
    assert not matches(a_test("Score", "at_most", "5"))
    assert not matches(a_test("Born", "before", "2026-01-01"))


def test_a_pattern_looks_at_the_text_in_its_own_case() -> None:
    assert not matches(PatternTest(field="State", pattern="^ca$"), State=" CA ")
    assert matches(PatternTest(field="State", pattern="^ca$", ignore_case=True), State=" CA ")


def test_what_cannot_be_evaluated_never_passes_not_even_negated() -> None:
    assert not matches(BOOM)
    assert not matches(Not(item=BOOM))
    assert not matches(FormulaTest(expression="1 / Score > 0"), Score=0)
    assert not matches(Not(item=FormulaTest(expression="1 / Score > 0")), Score=0)


def test_what_cannot_be_evaluated_does_not_stop_another_alternative_in_any_order() -> None:
    good = a_test("State", "is", "CA")
    assert matches(AnyOf(items=(BOOM, good)), State="CA")
    assert matches(AnyOf(items=(good, BOOM)), State="CA")
    assert not matches(Not(item=AnyOf(items=(BOOM, good))), State="TX")
    assert matches(Not(item=All(items=(BOOM, good))), State="TX")


def test_a_function_may_have_expected_results() -> None:
    test = FunctionTest(function="first", fields=("State",), expected=("C", "T"))
    assert matches(test, State="ca")
    assert not matches(test, State="NV")


def test_distance_is_measured_from_a_zip_or_a_point_and_never_from_nowhere() -> None:
    near = DistanceTest(miles=15, place="90210")
    there = {"Latitude": Decimal("34.05"), "Longitude": Decimal("-118.24")}
    assert matches(near, **there)
    assert not matches(DistanceTest(miles=5, place="90210"), **there)
    assert not matches(near, Latitude=Decimal("34.05"))
    across = DistanceTest(miles=20, latitude=0.0, longitude=179.9)
    assert matches(across, Latitude=0, Longitude=Decimal("-179.9"))


@pytest.mark.parametrize(
    ("tree", "lead", "code", "path", "said"),
    [
        (
            All(items=(a_test("Score", "at_least", "5"), a_test("State", "is_any_of", "CA", "TX"))),
            {"Score": 7, "State": "NV"},
            "field_is_any_of",
            "items[1]",
            "US state must be any of “CA”, “TX”; US state is “NV”.",
        ),
        (
            a_test("Score", "between", "5", "6"),
            {},
            "field_between",
            "",
            "Score must be between “5”, “6”; Score is empty.",
        ),
        (
            Not(item=a_test("State", "is", "CA")),
            {"State": "Ca"},
            "not",
            "",
            "Excluded, because this applies: US state is “Ca”.",
        ),
        (
            AnyOf(items=(a_test("Score", "is", "1"), a_test("Score", "is", "2"))),
            {"Score": 3},
            "any_of",
            "",
            "None of 2 alternatives applies. The first: Score must be “1”; Score is “3”.",
        ),
        (
            All(items=(Not(item=AnyOf(items=(BOOM,))),)),
            {},
            "could_not_evaluate",
            "items[0].item.items[0]",
            "The function boom must give true, but that could not be evaluated: "
            "The function failed.",
        ),
        (
            FormulaTest(expression="1 / Score > 0"),
            {"Score": 0},
            "could_not_evaluate",
            "",
            "The formula “1 / Score > 0” must be true, but that could not be evaluated: "
            "The formula divides by zero.",
        ),
    ],
)
def test_a_verdict_says_what_was_wanted_and_what_the_lead_has(
    tree: Criteria, lead: dict[str, Any], code: str, path: str, said: str
) -> None:
    verdict = compile_criteria(tree, SCHEMA, RESOURCES).explain(lead, NOW)
    assert (verdict.matched, verdict.code, verdict.path) == (False, code, path)
    assert verdict.message == said


def test_a_verdict_stays_short_however_long_the_values_are() -> None:
    test = a_test("State", "is_any_of", *[str(n) * 300 for n in range(1, 300)])
    verdict = compile_criteria(test, SCHEMA).explain({"State": "x" * 100_000}, NOW)
    assert len(verdict.message) <= 500
    assert "and 294 more" in verdict.message
