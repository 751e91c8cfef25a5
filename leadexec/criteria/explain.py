"""The sentence for a rule that a lead fails: what was wanted, and what the lead has."""

from collections.abc import Mapping

from leadexec.criteria.check_fields import words
from leadexec.criteria.closures import compile_test
from leadexec.criteria.facts import Facts
from leadexec.criteria.faults import FormulaError
from leadexec.criteria.rules import Called, Computed, Every, Near, Never, Rule, Some
from leadexec.criteria.tree import (
    AnyOf,
    Criteria,
    DistanceTest,
    FieldTest,
    FormulaTest,
    FunctionTest,
    ListTest,
    Not,
    Operator,
    PatternTest,
)
from leadexec.criteria.values import leaf_texts

SHOWN_VALUES = 5
"""An explanation names this many of the wanted values."""
SHOWN_LENGTH = 60
"""An explanation shows this much of a value."""
MESSAGE_LENGTH = 500
"""The longest explanation."""

_MUST = {
    Operator.IS: "must be",
    Operator.IS_NOT: "must not be",
    Operator.IS_ANY_OF: "must be any of",
    Operator.IS_NONE_OF: "must be none of",
    Operator.CONTAINS: "must contain",
    Operator.STARTS_WITH: "must start with",
    Operator.ENDS_WITH: "must end with",
    Operator.BETWEEN: "must be between",
    Operator.IS_EMPTY: "must be empty",
    Operator.IS_NOT_EMPTY: "must not be empty",
}


def failing_rule(rule: Rule, facts: Facts) -> Rule:
    """Return the first rule, in the tree's order, that keeps a tree from matching.

    Within an "all of" that is its first item that is not true; an "any of" and a "not" answer for
    themselves, unless they could not be evaluated: then the rule that could not.
    """
    match rule:
        case Every(items=items):
            return failing_rule(next(i for i in items if compile_test(i)(facts) is not True), facts)
        case Some(items=items) if compile_test(rule)(facts) is None:
            return failing_rule(next(i for i in items if compile_test(i)(facts) is None), facts)
        case Never(item=item) if compile_test(item)(facts) is None:
            return _unevaluable(item, facts)
        case _:
            return rule


def _unevaluable(rule: Rule, facts: Facts) -> Rule:
    match rule:
        case Every(items=items) | Some(items=items):
            return _unevaluable(next(i for i in items if compile_test(i)(facts) is None), facts)
        case Never(item=item):
            return _unevaluable(item, facts)
        case _:
            return rule


def code_of(rule: Rule, facts: Facts) -> str:
    """Return the machine code of a failing rule (``field_is_any_of``, ``pattern``, ...)."""
    if compile_test(rule)(facts) is None:
        return "could_not_evaluate"
    kinds: dict[type, str] = {
        AnyOf: "any_of",
        Not: "not",
        PatternTest: "pattern",
        FormulaTest: "formula",
        FunctionTest: "function",
        ListTest: "distribution_list",
        DistanceTest: "distance",
    }
    node = rule.node
    return f"field_{node.operator}" if isinstance(node, FieldTest) else kinds[type(node)]


def sentence_of(rule: Rule, facts: Facts, titles: Mapping[str, str]) -> str:
    """Return why a rule fails: what it wants and what the lead has, cut to a readable length."""
    trouble = _trouble(rule, facts)
    if trouble:
        return _cut(f"{wanted(rule.node, titles)}, but that could not be evaluated: {trouble}")
    match rule:
        case Some(items=items) if items:
            first = sentence_of(failing_rule(items[0], facts), facts, titles)
            sentence = f"None of {len(items)} alternatives applies. The first: {first}"
        case Never(item=item):
            sentence = f"Excluded, because this applies: {_has(item, facts, titles)}"
        case _:
            sentence = f"{wanted(rule.node, titles)}; {_has(rule, facts, titles)}"
    return _cut(sentence if sentence.endswith(".") else f"{sentence}.")


def wanted(  # noqa: PLR0911  one case per kind of node
    node: Criteria, titles: Mapping[str, str]
) -> str:
    """Return what a rule wants, without a full stop."""
    match node:
        case FieldTest(field=field, operator=operator, values=values):
            must = _MUST.get(operator, f"must be {words(operator)}")
            listed = f"{_several(values)}" if values else ""
            return f"{titles.get(field, field)} {must} {listed}".rstrip()
        case PatternTest(field=field, pattern=pattern):
            return f"{titles.get(field, field)} must match the pattern {_quoted(pattern)}"
        case FormulaTest(expression=expression):
            return f"The formula {_quoted(expression)} must be true"
        case FunctionTest(function=function, expected=expected):
            return f"The function {function} must give {_several(expected) or 'true'}"
        case ListTest(field=field, list_id=list_id):
            return f"{titles.get(field, field)} must be on distribution list {list_id}"
        case DistanceTest(miles=miles, place=place, latitude=latitude, longitude=longitude):
            where = place or f"{latitude}, {longitude}"
            return f"The lead must be within {miles:g} miles of {where}"
        case Not(item=item):
            return f"This must not apply: {wanted(item, titles)}"
        case AnyOf(items=items):
            return f"One of {len(items)} alternatives must apply"
        case _:
            return "All of the rules must apply"


def _has(rule: Rule, facts: Facts, titles: Mapping[str, str]) -> str:
    fields = _fields(rule)
    if not fields:
        return wanted(rule.node, titles)
    return ", ".join(f"{titles.get(f, f)} {_actual(f, facts)}" for f in fields[:SHOWN_VALUES])


def _fields(rule: Rule) -> tuple[str, ...]:
    match rule:
        case Computed(formula=formula):
            return formula.fields
        case Called(fields=fields):
            return fields
        case Near(latitude_field=latitude, longitude_field=longitude):
            return (latitude, longitude)
        case _:
            field = getattr(rule, "field", None)
            return (field,) if field else ()


def _actual(field: str, facts: Facts) -> str:
    if facts[field] is None:
        return "is empty"
    return f"is {_several(tuple(leaf_texts(facts.fields.get(field))))}"


def _trouble(rule: Rule, facts: Facts) -> str:
    if compile_test(rule)(facts) is not None:
        return ""
    if isinstance(rule, Computed):
        try:
            rule.formula.evaluate_facts(facts)
        except FormulaError as error:
            return error.message
        return "It is neither true nor false."
    return "The function failed." if isinstance(rule, Called) else "A part of it failed."


def _several(values: tuple[str, ...]) -> str:
    shown = ", ".join(map(_quoted, values[:SHOWN_VALUES]))
    rest = len(values) - SHOWN_VALUES
    return f"{shown} and {rest} more" if rest > 0 else shown


def _quoted(text: str) -> str:
    return f"“{text[:SHOWN_LENGTH]}{'…' if len(text) > SHOWN_LENGTH else ''}”"


def _cut(sentence: str) -> str:
    return sentence if len(sentence) <= MESSAGE_LENGTH else f"{sentence[: MESSAGE_LENGTH - 1]}…"
