"""Rules as closures over facts: what makes evaluating one lead against one tree fast."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeAlias

from leadexec.criteria.check import Place, miles_between
from leadexec.criteria.facts import Facts
from leadexec.criteria.faults import FormulaError
from leadexec.criteria.rules import (
    Called,
    Computed,
    Empty,
    Every,
    Listed,
    Matches,
    Near,
    Never,
    OneOf,
    Part,
    Range,
    Recent,
    Rule,
    Some,
    Spans,
)
from leadexec.criteria.tree import Operator
from leadexec.criteria.values import FieldKind, normal_text, plain_text

Test: TypeAlias = Callable[[Facts], bool | None]
"""A compiled rule: True, False, or None where it cannot be evaluated."""


def compile_test(rule: Rule) -> Test:  # noqa: PLR0911  one case per kind of rule
    """Return the test of a rule: a closure, as fast as Python goes."""
    match rule:
        case Every(items=items):
            return _every([compile_test(item) for item in items])
        case Some(items=items):
            return _some([compile_test(item) for item in items])
        case Never(item=item):
            return _never(compile_test(item))
        case OneOf():
            return _one_of(rule)
        case Range():
            return _range(rule)
        case Spans():
            return _spans(rule)
        case Recent():
            return _recent(rule)
        case Empty(field=field, negative=negative):
            return lambda facts: (facts[field] is None) is not negative
        case Part():
            return _part(rule)
        case _:
            return _call_out(rule)


def _call_out(rule: Rule) -> Test:
    match rule:
        case Matches(field=field, pattern=pattern):
            search = pattern.search_bytes
            return lambda facts: any(search(text) for text in facts.texts(field))
        case Computed():
            return _computed(rule)
        case Called():
            return _called(rule)
        case Listed():
            return _listed(rule)
        case Near():
            return _near(rule)
        case _:
            raise TypeError(f"no test for {type(rule).__name__}")


def _every(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def every(facts: Facts) -> bool | None:
        result: bool | None = True
        for test in tests:
            answer = test(facts)
            if not answer:
                if answer is False:
                    return False
                result = None
        return result

    return every


def _some(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def some(facts: Facts) -> bool | None:
        result: bool | None = False
        for test in tests:
            answer = test(facts)
            if answer:
                return True
            if answer is None:
                result = None
        return result

    return some


def _never(test: Test) -> Test:
    def never(facts: Facts) -> bool | None:
        answer = test(facts)
        return None if answer is None else not answer

    return never


def _one_of(rule: OneOf) -> Test:
    field, values, negative = rule.field, rule.values, rule.negative
    if rule.kind is FieldKind.LIST:
        return lambda facts: values.isdisjoint(facts[field] or ()) is negative
    if negative:
        return lambda facts: facts[field] not in values
    return lambda facts: facts[field] in values


def _range(rule: Range) -> Test:
    field, low, high = rule.field, rule.low, rule.high
    low_open, high_open = rule.low_open, rule.high_open
    if low is not None and high is not None and not low_open and not high_open:
        return lambda facts: (value := facts[field]) is not None and low <= value <= high

    def between(facts: Facts) -> bool:
        value = facts[field]
        if value is None or (low is not None and (value < low or (low_open and value == low))):
            return False
        return high is None or bool(value < high or (not high_open and value == high))

    return between


def _spans(rule: Spans) -> Test:
    field, starts, ends, negative = rule.field, rule.starts, rule.ends, rule.negative

    def within(facts: Facts) -> bool:
        value = facts[field]
        if value is None:
            return negative
        index = bisect_right(starts, value) - 1
        return (index >= 0 and value < ends[index]) is not negative

    return within


def _recent(rule: Recent) -> Test:
    field, past, future = rule.field, timedelta(days=rule.past), timedelta(days=-rule.future)

    def recent(facts: Facts) -> bool:
        value = facts[field]
        return value is not None and future <= facts.now - value <= past

    return recent


def _part(rule: Part) -> Test:
    field, part = rule.field, rule.text
    found: dict[Operator, Callable[[str], bool]] = {
        Operator.CONTAINS: lambda text: part in text,
        Operator.STARTS_WITH: lambda text: text.startswith(part),
        Operator.ENDS_WITH: lambda text: text.endswith(part),
    }
    matches = found[rule.how]
    if rule.kind is FieldKind.LIST:
        return lambda facts: any(map(matches, facts[field] or ()))
    return lambda facts: (text := facts[field]) is not None and matches(text)


def _computed(rule: Computed) -> Test:
    formula = rule.formula

    def computed(facts: Facts) -> bool | None:
        try:
            result = formula.evaluate_facts(facts)
        except FormulaError:
            return None
        return result if isinstance(result, bool) else None

    return computed


def _called(rule: Called) -> Test:
    fields, expected, function = rule.fields, rule.expected, rule.function

    def called(facts: Facts) -> bool | None:
        try:
            result = function(*[facts.fields.get(field) for field in fields])
        except Exception:  # noqa: BLE001 - a plugin's function; it fails closed, explain names it
            return None
        if not expected:
            return result is True
        return normal_text(plain_text(result)) in expected

    return called


def _listed(rule: Listed) -> Test:
    field, list_id, lists_with = rule.field, rule.list_id, rule.resolver.lists_with
    if rule.kind is FieldKind.LIST:
        return lambda facts: any(list_id in lists_with(text) for text in facts[field] or ())
    return lambda facts: (text := facts[field]) is not None and list_id in lists_with(text)


def _near(rule: Near) -> Test:
    center = Place(latitude=rule.latitude, longitude=rule.longitude)
    latitude_field, longitude_field, miles = rule.latitude_field, rule.longitude_field, rule.miles

    def near(facts: Facts) -> bool:
        latitude, longitude = facts[latitude_field], facts[longitude_field]
        if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
            return False
        here = Place(latitude=float(latitude), longitude=float(longitude))
        return miles_between(center, here) <= miles

    return near
