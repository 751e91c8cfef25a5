"""Saving a tree: every fault is listed, limits hold, operands are read as they should be."""

from typing import Any

import pytest

from leadexec.criteria import (
    All,
    AnyOf,
    Criteria,
    CriteriaError,
    DistanceTest,
    FieldKind,
    FieldTest,
    FormulaTest,
    FunctionTest,
    ListTest,
    Not,
    Operator,
    PatternTest,
    compile_criteria,
    parse_tree,
)

SCHEMA = {
    "State": FieldKind.TEXT,
    "Score": FieldKind.NUMBER,
    "Born": FieldKind.DATETIME,
    "Consent": FieldKind.BOOLEAN,
    "Tags": FieldKind.LIST,
}


def a_test(field: str, operator: str, *values: str) -> FieldTest:
    return FieldTest(field=field, operator=Operator(operator), values=values)


def faults_of(tree: Criteria) -> list[tuple[str, str]]:
    with pytest.raises(CriteriaError) as caught:
        compile_criteria(tree, SCHEMA)
    return [(fault.path, fault.code) for fault in caught.value.faults]


def test_a_bad_tree_lists_all_its_faults_with_their_paths() -> None:
    tree = All(
        items=(
            a_test("Stat", "is", "CA"),
            a_test("Score", "is_any_of", "1", "one", "2", "NaN"),
            AnyOf(items=(a_test("Consent", "contains", "x"), AnyOf(items=()))),
            Not(item=PatternTest(field="Nope", pattern="(?=a)")),
            FormulaTest(expression="Score +"),
            FormulaTest(expression="Score + 1"),
            FunctionTest(function="unknown", fields=("State", "Stat")),
            ListTest(list_id=7, field="Score"),
            DistanceTest(miles=-1, place="90210"),
            a_test("Score", "between", "5", "1"),
            a_test("Born", "within_last_days", "-3"),
            a_test("State", "is_empty", "x"),
            a_test("State", "is", " "),
        )
    )
    assert faults_of(tree) == [
        ("items[0].field", "unknown_field"),
        ("items[1].values[1]", "bad_value"),
        ("items[1].values[3]", "bad_value"),
        ("items[2].items[0].operator", "wrong_operator"),
        ("items[2].items[1].items", "empty_group"),
        ("items[3].item.field", "unknown_field"),
        ("items[3].item.pattern", "refused_pattern"),
        ("items[4].expression", "bad_formula"),
        ("items[5].expression", "not_a_condition"),
        ("items[6].fields[1]", "unknown_field"),
        ("items[6].function", "unknown_function"),
        ("items[7].field", "wrong_kind"),
        ("items[7].list_id", "unknown_list"),
        ("items[8].latitude_field", "unknown_field"),
        ("items[8].longitude_field", "unknown_field"),
        ("items[8].place", "unknown_place"),
        ("items[8].miles", "bad_distance"),
        ("items[9].values", "empty_range"),
        ("items[10].values[0]", "bad_value"),
        ("items[11].values", "wrong_value_count"),
        ("items[12].values[0]", "bad_value"),
    ]


def test_a_fault_at_the_root_has_a_path_without_a_leading_dot() -> None:
    assert faults_of(a_test("Score", "is", "x")) == [("values[0]", "bad_value")]


def test_the_refusal_of_a_pattern_carries_the_words_of_re2() -> None:
    with pytest.raises(CriteriaError, match="invalid perl operator"):
        compile_criteria(PatternTest(field="State", pattern="(?=a)"), SCHEMA)


def test_a_tree_that_nests_too_deep_is_refused() -> None:
    tree: Criteria = a_test("State", "is", "CA")
    for _ in range(20):
        tree = Not(item=tree)
    assert faults_of(tree) == [("", "too_deep")]
    assert isinstance(tree, Not)
    compile_criteria(tree.item, SCHEMA)


def test_a_tree_far_deeper_than_the_stack_is_refused_not_crashed_on() -> None:
    tree: Criteria = a_test("State", "is", "CA")
    for _ in range(100_000):
        tree = Not(item=tree)
    assert faults_of(tree) == [("", "too_deep")]
    while isinstance(tree, Not):  # take it apart, because freeing it at once recurses
        tree = tree.item


def test_a_tree_of_too_many_rules_is_refused() -> None:
    items = (a_test("State", "is", "CA"),) * 2_000
    assert faults_of(All(items=items)) == [("", "too_many_rules")]


def test_a_tree_of_too_many_values_is_refused() -> None:
    many = a_test("State", "is_any_of", *["CA"] * 100_001)
    assert faults_of(AnyOf(items=(many, many))) == [("", "too_many_values")]


def test_an_error_lists_a_hundred_faults_at_most() -> None:
    assert len(faults_of(a_test("Score", "is_any_of", *["x"] * 5_000))) == 100


@pytest.mark.parametrize(
    "data",
    [b"{", b"[]", b'{"kind":"field","field":1}', b'{"kind":"nothing"}', {"kind": "any"}, b"\xff"],
)
def test_json_that_is_no_tree_is_refused(data: Any) -> None:
    with pytest.raises(CriteriaError):
        parse_tree(data)


def test_the_refusal_of_json_names_the_place() -> None:
    with pytest.raises(CriteriaError) as caught:
        parse_tree({"kind": "all", "items": [{"kind": "not"}]})
    assert caught.value.faults[0].path.startswith("items[")


def test_json_that_nests_without_end_is_refused() -> None:
    with pytest.raises(CriteriaError):
        parse_tree(b'{"kind":"not","item":' * 50_000)
