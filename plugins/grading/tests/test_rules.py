from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_grading.built_in import BUILT_IN
from leadexec_grading.grades import (
    COLOURS,
    GradeRanges,
    Letter,
    enabled_checks,
    highest_score,
    letter_of,
)
from leadexec_grading.scale import GradingScale

from leadexec import ConfigurationError

CHECKS = {"phone": {"points": 60}, "email": {"points": 40}}
SOUND: Mapping[str, Any] = {
    "A": {"low": 90, "high": 100},
    "B": {"low": 60, "high": 89},
    "C": {"low": 40, "high": 59, "action": "route", "accounts": [12, 15]},
    "D": {"low": 20, "high": 39, "action": "quality_control"},
    "F": {"low": 0, "high": 19, "action": "reject"},
}


def a_scale(checks: Any = None, **grades: Any) -> GradingScale:
    """Return a sound scale with some grades changed."""
    changed = {letter: {**SOUND[letter], **grades.get(letter, {})} for letter in SOUND}
    raw = {"name": "Mortgage", "checks": CHECKS if checks is None else checks, "grades": changed}
    return msgspec.convert(raw, GradingScale)


def faults(checks: Any = None, **grades: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(ConfigurationError) as caught:
        a_scale(checks, **grades)
    return [(fault.code, fault.path, fault.message) for fault in caught.value.faults]


def test_a_sound_scale_is_taken_and_knows_its_highest_score() -> None:
    scale = a_scale()
    assert highest_score(scale.checks) == 100
    assert [letter_of(scale.grades, score) for score in (100, 90, 89, 40, 39, 20, 0)] == [
        *("A", "A", "B", "C", "D", "D", "F")
    ]


def test_only_enabled_checks_count() -> None:
    checks = {**CHECKS, "ip": {"points": 1000, "enabled": False}, "comments": {"points": 0}}
    scale = a_scale(checks)
    assert highest_score(scale.checks) == 100
    assert enabled_checks(scale.checks) == {"phone": 60, "email": 40, "comments": 0}


def test_scores_between_two_grades_are_told() -> None:
    assert faults(B={"low": 60, "high": 84}) == [
        (
            "grade_gap",
            "grades.A.low",
            "The scores 85 to 89 have no grade: B ends below, A begins above.",
        )
    ]
    assert faults(F={"high": 18})[0][2].startswith("The score 19 has no grade")


def test_scores_with_two_grades_are_told() -> None:
    assert faults(B={"high": 94}) == [
        ("grade_overlap", "grades.A.low", "The scores 90 to 94 have two grades, A and B.")
    ]
    assert faults(D={"low": 19}) == [
        ("grade_overlap", "grades.D.low", "The score 19 has two grades, D and F.")
    ]


def test_the_lowest_grade_begins_at_0() -> None:
    assert faults(F={"low": 5}) == [
        ("grade_gap", "grades.F.low", "The scores 0 to 4 have no grade: F must begin at 0.")
    ]


def test_the_best_grade_reaches_the_highest_possible_score() -> None:
    more = {**CHECKS, "ip": {"points": 20}}
    assert faults(more) == [
        (
            "grade_gap",
            "grades.A.high",
            "The scores 101 to 120 have no grade: the highest possible score is 120, and A must "
            "reach it.",
        )
    ]


def test_a_check_can_be_switched_off_without_changing_the_grades() -> None:
    less = {"phone": {"points": 60}, "email": {"points": 40, "enabled": False}}
    assert highest_score(a_scale(less).checks) == 60


def test_a_grade_that_ends_before_it_begins_is_told_once() -> None:
    assert faults(C={"low": 59, "high": 40}) == [
        ("grade_empty", "grades.C.high", "C ends at 40, below 59, where it begins.")
    ]


def test_a_better_grade_has_higher_scores() -> None:
    told = faults(A={"low": 0, "high": 19}, F={"low": 90, "high": 100})
    assert [fault[:2] for fault in told] == [
        ("grade_order", "grades.A.low"),
        ("grade_order", "grades.D.low"),
        ("grade_gap", "grades.F.low"),
        ("grade_gap", "grades.A.high"),
    ]


def test_routing_needs_accounts_and_nothing_else_has_them() -> None:
    told = faults(
        C={"accounts": []}, B={"accounts": [12]}, D={"action": "route", "accounts": [7, 8, 7]}
    )
    assert [fault[:2] for fault in told] == [
        ("accounts_without_route", "grades.B.accounts"),
        ("route_without_accounts", "grades.C.accounts"),
        ("repeated_account", "grades.D.accounts[2]"),
    ]


@pytest.mark.parametrize(
    "checks", [{"phone": {"points": 0}}, {"ip": {"points": 9, "enabled": False}}]
)
def test_a_scale_in_which_no_check_gives_points_is_refused(checks: Any) -> None:
    assert faults(checks)[0][:2] == ("no_points", "checks")


def test_all_faults_are_told_at_once() -> None:
    told = faults({"phone": {"points": 0}}, F={"low": 3}, B={"high": 95}, C={"accounts": []})
    assert [fault[0] for fault in told] == [
        *("no_points", "route_without_accounts", "grade_overlap", "grade_gap")
    ]


@pytest.mark.parametrize(
    "checks",
    [
        {},
        {"Not a key": {"points": 1}},
        {"phone": {"points": -1}},
        {"phone": {"points": 1001}},
        {"phone": {"points": 1.5}},
        {"phone": 60},
        {"phone": {"points": 60, "weight": 2}},
    ],
)
def test_points_that_make_no_sense_are_refused(checks: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        a_scale(checks)


@pytest.mark.parametrize(
    "grade",
    [{"low": -1}, {"high": 10**9}, {"action": "burn"}, {"accounts": [0]}, {"colour": "red"}],
)
def test_grades_that_make_no_sense_are_refused(grade: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        a_scale(F=grade)


@st.composite
def bounds_of_grades(draw: st.DrawFn) -> list[list[int]]:
    """Return low and high of A to F: without gaps, but perhaps with some bounds moved."""
    cuts = sorted(draw(st.sets(st.integers(1, 20), min_size=5, max_size=5)))
    bounds = [[low, high - 1] for low, high in zip([0, *cuts[:4]], cuts, strict=True)][::-1]
    for place, side, by in draw(
        st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(-3, 3)), max_size=2)
    ):
        bounds[place][side] = max(0, bounds[place][side] + by)
    return bounds


@given(bounds_of_grades(), st.integers(1, 20))
def test_a_scale_is_taken_exactly_when_every_score_has_one_grade_and_better_is_higher(
    bounds: list[list[int]], highest: int
) -> None:
    named = list(zip(Letter, bounds, strict=True))
    most = max(highest, *(high for _, high in bounds))
    having = [
        [letter for letter, (low, high) in named if low <= score <= high]
        for score in range(most + 1)
    ]
    firsts = [letters[0] for letters in having if letters]
    sound = (
        all(low <= high for low, high in bounds)
        and all(len(letters) == 1 for letters in having)
        and firsts == sorted(firsts, reverse=True)
    )
    grades = {letter.value: {"low": low, "high": high} for letter, (low, high) in named}
    raw = {"name": "Any", "checks": {"phone": {"points": highest}}, "grades": grades}
    try:
        scale = msgspec.convert(raw, GradingScale)
    except ConfigurationError:
        assert not sound
    else:
        assert sound
        assert [[letter_of(scale.grades, score)] for score in range(most + 1)] == having


def test_every_grade_has_its_colour() -> None:
    shown = {letter.value: colour for letter, colour in COLOURS.items()}
    assert shown == {"A": "green", "B": "blue", "C": "purple", "D": "orange", "F": "red"}


def test_the_built_in_scale_accepts_every_grade() -> None:
    assert highest_score(BUILT_IN.checks) == 100
    assert set(BUILT_IN.checks) == {"address", "phone", "email", "ip", "comments"}
    assert {BUILT_IN.grades.of(letter).action for letter in Letter} == {"accept"}


def test_a_score_without_a_grade_has_none() -> None:
    ranges = msgspec.convert(SOUND, GradeRanges)
    with pytest.raises(ValueError, match="101"):
        letter_of(ranges, 101)
