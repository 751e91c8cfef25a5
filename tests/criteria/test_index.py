"""The index and its parts when there is much of everything."""

import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from leadexec.criteria import (
    EVERYTHING,
    All,
    AnyOf,
    Criteria,
    CriteriaError,
    CriteriaIndex,
    Facts,
    FieldKind,
    FieldTest,
    Not,
    Operator,
    PatternTest,
    compile_criteria,
)
from leadexec.criteria.cells import Cells
from leadexec.criteria.check import check_tree
from leadexec.criteria.closures import compile_test
from leadexec.criteria.plan import ALTERNATIVES, plan
from leadexec.criteria.rules import Range

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
SCHEMA = {"State": FieldKind.TEXT, "Zip": FieldKind.TEXT, "Score": FieldKind.NUMBER}


def a_test(field: str, operator: str, *values: str) -> FieldTest:
    return FieldTest(field=field, operator=Operator(operator), values=values)


def a_range(low: int | None, high: int | None, low_open: bool, high_open: bool) -> Range:
    return Range(
        path="",
        node=EVERYTHING,
        field="Score",
        low=low,
        high=high,
        low_open=low_open,
        high_open=high_open,
    )


ends = st.none() | st.integers(0, 40)
ranges = st.builds(a_range, ends, ends, st.booleans(), st.booleans())


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(ranges, st.booleans()), max_size=400), st.integers(-2, 82))
def test_cells_strike_exactly_the_ranges_that_a_value_lies_outside_of(
    entries: Any, doubled: int
) -> None:
    value = Decimal(doubled) / 2
    cells, left = Cells(), {}
    for slot, (wanted, _) in enumerate(entries):
        cells.add(slot, wanted)
        left[slot] = wanted
    for slot, (_, goes) in enumerate(entries):
        if goes:
            cells.discard(slot)
            del left[slot]
    everyone = BitMap(range(len(entries)))
    facts = Facts(SCHEMA, {"Score": value}, NOW)
    gone = {slot for slot, wanted in left.items() if not compile_test(wanted)(facts)}
    assert set(everyone - cells.narrow(everyone, value)) == gone


def test_many_accounts_put_and_removed_at_random_match_as_alone() -> None:
    rng = random.Random(7)
    index = CriteriaIndex(SCHEMA)
    forest: dict[int, Criteria] = {}
    zips = [f"{n:05d}" for n in range(700)]
    for _ in range(1_500):
        key = rng.randrange(500)
        if rng.random() < 0.3:
            index.remove(key)
            forest.pop(key, None)
            continue
        low = rng.randrange(100)
        rules: list[Criteria] = [
            a_test("Score", "between", str(low), str(low + rng.randrange(50))),
            a_test("Zip", "is_any_of", *rng.sample(zips, rng.randrange(1, 300))),
            a_test("Zip", "is_none_of", *rng.sample(zips, rng.randrange(1, 9))),
            PatternTest(field="State", pattern=f"^s[0-{rng.randrange(10)}]?{rng.randrange(30)}$"),
            Not(item=PatternTest(field="State", pattern=f"{rng.randrange(10)}$")),
        ]
        forest[key] = All(items=tuple(rng.sample(rules, rng.randrange(1, 4))))
        index.put(key, forest[key])
    compiled = {key: compile_criteria(tree, SCHEMA) for key, tree in forest.items()}
    for _ in range(40):
        lead = {
            "State": f"s{rng.randrange(30)}",
            "Zip": rng.choice(zips),
            "Score": rng.randrange(150),
        }
        wanted = sorted(key for key, each in compiled.items() if each.matches(lead, NOW))
        assert list(index.match(lead, NOW)) == wanted
        order = rng.sample(range(500), 500)
        assert index.first(lead, NOW, order, 5) == [k for k in order if k in set(wanted)][:5]


def test_hundreds_of_patterns_come_and_go() -> None:
    index = CriteriaIndex(SCHEMA)
    for key in range(600):
        index.put(key, PatternTest(field="State", pattern=f"^x{key % 300}$"))
    assert list(index.match({"State": "x7"}, NOW)) == [7, 307]
    for key in range(590):
        index.remove(key)
    assert list(index.match({"State": "x299"}, NOW)) == [599]
    assert list(index.match({"State": "x7"}, NOW)) == []
    for key in range(100):
        index.put(key, PatternTest(field="State", pattern=f"^x{key}", ignore_case=True))
    assert list(index.match({"State": "X77"}, NOW)) == [7, 77]


def test_a_bad_tree_leaves_the_index_as_it_was() -> None:
    index = CriteriaIndex(SCHEMA)
    index.put(1, a_test("State", "is", "CA"))
    with pytest.raises(CriteriaError):
        index.put(1, a_test("Nope", "is", "CA"))
    assert list(index.match({"State": "ca"}, NOW)) == [1]


@pytest.mark.parametrize("key", [-1, 2**31])
def test_a_key_out_of_range_is_refused(key: int) -> None:
    with pytest.raises(ValueError, match="is not from 0"):
        CriteriaIndex(SCHEMA).put(key, EVERYTHING)


def test_what_the_index_gives_out_is_the_callers_own() -> None:
    index = CriteriaIndex(SCHEMA)
    index.put(1, EVERYTHING)
    index.match({}, NOW).clear()
    index.keys.clear()
    assert list(index.match({}, NOW)) == [1]
    assert len(index) == 1
    assert 1 in index


def test_removing_everything_leaves_nothing_behind() -> None:
    index = CriteriaIndex(SCHEMA)
    many = AnyOf(items=(a_test("State", "is", "CA"), a_test("Score", "at_least", "5")))
    for key in range(50):
        index.put(key, many)
    for key in range(50):
        index.remove(key)
    index.remove(7)
    assert len(index) == 0
    assert not index.match({"State": "CA", "Score": 9}, NOW)


def test_a_tree_with_few_alternatives_is_cut_up_and_one_with_many_stays_whole() -> None:
    pair = AnyOf(items=(a_test("State", "is", "CA"), a_test("Score", "at_least", "5")))
    few = plan(check_tree(All(items=(pair, pair)), SCHEMA))
    many = plan(check_tree(All(items=(pair,) * 6), SCHEMA))
    assert len(few) == 4
    assert len(many) <= ALTERNATIVES


def test_alternatives_over_values_of_one_field_become_one_set() -> None:
    tree = AnyOf(items=tuple(a_test("State", "is", f"s{n}") for n in range(500)))
    assert len(plan(check_tree(tree, SCHEMA))) == 1
