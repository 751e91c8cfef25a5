"""What is wrong with a grading scale, beyond the types of its fields."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from leadexec import Fault
from leadexec_grading.grades import (
    CheckPoints,
    GradeAction,
    GradeRange,
    GradeRanges,
    Letter,
    highest_score,
)


def scale_faults(checks: Mapping[str, CheckPoints], grades: GradeRanges) -> Iterator[Fault]:
    """Yield every fault of a scale, with its path.

    Every score from 0 to the highest possible one must have exactly one grade, and a better grade
    higher scores. A may end above the highest possible score, so that a check can be switched off
    without changing the grades.
    """
    highest = highest_score(checks)
    if highest == 0:
        message = "No enabled check gives points: every lead would have the score 0."
        yield Fault(code="no_points", path="checks", message=message)
    for letter in Letter:
        yield from _own_faults(letter, grades.of(letter))
    for better, worse in pairwise(Letter):
        yield from _faults_between(better, grades.of(better), worse, grades.of(worse))
    if grades.F.low > 0:
        message = f"{_scores(0, grades.F.low - 1)} no grade: F must begin at 0."
        yield Fault(code="grade_gap", path="grades.F.low", message=message)
    if grades.A.high < highest:
        message = (
            f"{_scores(grades.A.high + 1, highest)} no grade: the highest possible score is "
            f"{highest}, and A must reach it."
        )
        yield Fault(code="grade_gap", path="grades.A.high", message=message)


def _own_faults(letter: Letter, grade: GradeRange) -> Iterator[Fault]:
    path = f"grades.{letter}"
    if grade.low > grade.high:
        message = f"{letter} ends at {grade.high}, below {grade.low}, where it begins."
        yield Fault(code="grade_empty", path=f"{path}.high", message=message)
    if grade.action is GradeAction.ROUTE and not grade.accounts:
        message = f"Name the delivery accounts that leads of grade {letter} are routed to."
        yield Fault(code="route_without_accounts", path=f"{path}.accounts", message=message)
    if grade.action is not GradeAction.ROUTE and grade.accounts:
        message = f"Delivery accounts belong to the action route; grade {letter} has another."
        yield Fault(code="accounts_without_route", path=f"{path}.accounts", message=message)
    for place, account in enumerate(grade.accounts):
        if account in grade.accounts[:place]:
            message = f"The delivery account {account} is there already."
            yield Fault(code="repeated_account", path=f"{path}.accounts[{place}]", message=message)


def _faults_between(
    better: Letter, upper: GradeRange, worse: Letter, lower: GradeRange
) -> Iterator[Fault]:
    if upper.low > upper.high or lower.low > lower.high:
        return  # told already; nothing is between
    if upper.high < lower.low:
        message = f"{better} must have higher scores than {worse}."
        yield Fault(code="grade_order", path=f"grades.{better}.low", message=message)
    elif upper.low <= lower.high:
        both = _scores(max(upper.low, lower.low), min(upper.high, lower.high))
        message = f"{both} two grades, {better} and {worse}."
        yield Fault(code="grade_overlap", path=f"grades.{better}.low", message=message)
    elif upper.low > lower.high + 1:
        none = _scores(lower.high + 1, upper.low - 1)
        message = f"{none} no grade: {worse} ends below, {better} begins above."
        yield Fault(code="grade_gap", path=f"grades.{better}.low", message=message)


def _scores(first: int, last: int) -> str:
    return f"The score {first} has" if first == last else f"The scores {first} to {last} have"
