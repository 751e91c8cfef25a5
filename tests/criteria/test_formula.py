"""Formulas: what they compute, what they refuse, and that nothing gets out of hand."""

import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadexec.criteria import CriteriaError, FieldKind, Formula, FormulaError
from leadexec.criteria.formula_functions import FUNCTIONS

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
SCHEMA = {
    "Score": FieldKind.NUMBER,
    "Loan Amount": FieldKind.NUMBER,
    "State": FieldKind.TEXT,
    "lambda": FieldKind.TEXT,
    "Born": FieldKind.DATETIME,
    "Consent": FieldKind.BOOLEAN,
    "Tags": FieldKind.LIST,
}
LEAD = {
    "Score": 7,
    "Loan Amount": Decimal("150000.50"),
    "State": " Ca ",
    "lambda": "x",
    "Born": datetime(2000, 3, 2, tzinfo=UTC),
    "Consent": True,
    "Tags": ["a", "B"],
}


def evaluate(text: str, lead: dict[str, Any] | None = None) -> Any:
    return Formula.compile(text, SCHEMA).evaluate(LEAD if lead is None else lead, NOW)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("0.1 + 0.2", Decimal("0.3")),
        ("[Loan Amount] * 2 - Score", Decimal("299994.00")),
        ("1 / 3", Decimal("0.3333333333333333333333333333")),
        ("-7 % 3", Decimal(-1)),
        ("round(2.5) + round(1.005, 2)", Decimal("4.01")),
        ("floor(-1.5) + ceil(1.2) + abs(-3)", Decimal(3)),
        ("min(3, 1, 2) + max(Score, 1)", Decimal(8)),
        ("if(Score = 0, 1 / Score, 5)", Decimal(5)),
        ("if(Score = 7, 1, 1 / 0)", Decimal(1)),
        ("iif(Consent, 'yes', 'no')", "yes"),
        ("State = 'CA' and not Consent || Score <> 7 || true", True),
        ("1 < Score <= 7 && !(State == 'tx')", True),
        ("one_of(State, 'TX', 'ca')", True),
        ("contains(State, 'C') and starts_with(State, 'ca') and ends_with(State, 'A')", True),
        ("contains(Tags, 'b')", True),
        ("len(Tags) + len(State)", Decimal(4)),
        ("concat(upper(left('hello', 2)), right('hello', 3), 1.50)", "HEllo1.5"),
        ("'a' + 'b'", "ab"),
        ("'1' + '2'", Decimal(3)),
        ("age(Born)", Decimal(25)),
        ("days_between(Born, today())", Decimal(9495)),
        ("year(now()) * 100 + month(now())", Decimal(202603)),
        ("Born < date('2000-03-03') and Born > '2000-03-01'", True),
        ("is_empty([lambda])", False),
        ("coalesce(null, '', 5)", Decimal(5)),
        ("AND = 1", None),
    ],
)
def test_a_formula_computes(text: str, result: Any) -> None:
    if result is None:
        with pytest.raises(CriteriaError):
            Formula.compile(text, SCHEMA)
    else:
        assert evaluate(text) == result


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Score.real",
        "Score ** 2",
        "2 // 1",
        "'a'.upper()",
        "f'{Score}'",
        "[x for x in Score]",
        "lambda: 1",
        "(lambda)(1)",
        "__import__('os')",
        "Score if Consent else 1",
        "Score := 5",
        "Score = 1; Score",
        "min",
        "min(1, key=2)",
        "min(*Tags)",
        "Score(1)",
        "Score[0]",
        "1e5",
        "0x10",
        "1_000",
        "nothing",
        "[Nothing] > 1",
        "round(1, 2, 3)",
        "1 is 1",
        "1 in Tags",
        "~1",
        "1 & 2",
        '"""x"""',
        "1 @ 2",
        "1 \\n",
        "9" * 50,
        "(" * 500,
        "-" * 1_999 + "1",
        "not " * 400 + "Consent",
        "+".join(["1"] * 400),
        "1" * 3_000,
    ],
)
def test_a_formula_outside_the_language_is_refused(text: str) -> None:
    with pytest.raises(CriteriaError):
        Formula.compile(text, SCHEMA)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1 / 0", "division_by_zero"),
        ("0 / 0", "no_number"),
        ("Score + 1", "empty_value"),
        ("Score > 1", "empty_value"),
        ("age(Born) > 1", "empty_value"),
        ("Consent and true", "empty_value"),
        ("'x' * 3", "not_a_number"),
        ("1 and true", "not_true_or_false"),
        ("date('soon')", "not_a_date"),
        ("round(1, 99)", "not_a_number"),
        ("*".join(["9999999999"] * 20), "no_number"),
    ],
)
def test_a_formula_without_a_result_says_why(text: str, code: str) -> None:
    with pytest.raises(FormulaError) as caught:
        evaluate(text, {})
    assert caught.value.code == code


def test_a_formula_gives_the_same_result_for_the_same_instant() -> None:
    formula = Formula.compile("concat(now(), today(), age(Born))", SCHEMA)
    assert formula.evaluate(LEAD, NOW) == formula.evaluate(LEAD, NOW)


def test_a_formula_knows_its_fields_and_whether_it_is_a_condition() -> None:
    formula = Formula.compile("if(Consent, Score > 1, contains(Tags, 'x'))", SCHEMA)
    assert formula.fields == ("Consent", "Score", "Tags")
    assert formula.is_condition
    assert not Formula.compile("if(Consent, Score, 1)", SCHEMA).is_condition


def test_texts_and_numbers_cannot_grow_without_end() -> None:
    half = "concat(State, State, State, State, State, State, State, State, State, State)"
    doubled = f"concat({', '.join([half] * 10)})"
    tracemalloc.start()
    assert len(evaluate(doubled, {"State": "x" * 100_000})) == 10_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


def test_a_formula_may_call_the_functions_of_plugins() -> None:
    functions: dict[str, Any] = {"Tenfold": lambda n: n * 10, "boom": {}.popitem}
    formula = Formula.compile("tenfold(Score) + 1", SCHEMA, functions)
    assert formula.evaluate(LEAD, NOW) == 71
    with pytest.raises(FormulaError, match="boom failed: KeyError"):
        Formula.compile("boom()", SCHEMA, functions).evaluate(LEAD, NOW)


names = st.sampled_from(["Score", "[Loan Amount]", "State", "Born", "Consent", "Tags", "1.5", "''"])
names |= st.sampled_from(["'x'", "0", "99999999999999999999", "true", "null", "'2026-01-01'"])
operators = st.sampled_from(["+", "-", "*", "/", "%", "=", "<>", "<", ">=", "and", "or", "&&"])
calls = st.sampled_from(sorted(FUNCTIONS))
formulas = st.recursive(
    names,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, operators, inner),
        st.builds(lambda f, a: f"{f}({', '.join(a)})", calls, st.lists(inner, max_size=4)),
        st.builds("not {}".format, inner),
        st.builds("-{}".format, inner),
    ),
    max_leaves=25,
)
values = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.integers(),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.booleans(),
    st.datetimes(timezones=st.just(UTC)),
    st.lists(st.text(max_size=3) | st.decimals(), max_size=4),
)
leads = st.dictionaries(st.sampled_from(sorted(SCHEMA)), values)


@settings(max_examples=500, deadline=None)
@given(formulas, leads)
def test_no_formula_raises_anything_but_its_own_errors(text: str, lead: Any) -> None:
    try:
        result = evaluate(text, lead)
    except (CriteriaError, FormulaError):
        return
    assert result is None or isinstance(result, str | Decimal | bool | datetime | list)
    if isinstance(result, str):
        assert len(result) <= 10_000


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="0123456789.+-*/%()[]'\"<>=!&|, Scoreandlambifx_{}:;\\\n\0é", max_size=60))
def test_no_text_is_more_than_a_refused_formula(text: str) -> None:
    try:
        evaluate(text)
    except (CriteriaError, FormulaError):
        return
