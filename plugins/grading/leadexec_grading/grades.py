"""Grades, their colours, and what they mean: the parts of a grading scale (``GR2``, ``GR3``)."""

import enum
from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Struct

from leadexec import Ref

MOST_POINTS: Final = 1000
MOST_CHECKS: Final = 100
HIGHEST: Final = MOST_POINTS * MOST_CHECKS


class Letter(enum.StrEnum):
    """The grades, best first."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    F = "F"


COLOURS: Final[Mapping[Letter, str]] = {
    Letter.A: "green",
    Letter.B: "blue",
    Letter.C: "purple",
    Letter.D: "orange",
    Letter.F: "red",
}
"""Grade → the colour in which it is shown (``GR3``)."""


class GradeAction(enum.StrEnum):
    """What becomes of a lead of a grade (``GR2``)."""

    ACCEPT = "accept"
    REJECT = "reject"
    QUALITY_CONTROL = "quality_control"
    ROUTE = "route"


class CheckPoints(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What a grading check counts for in a scale."""

    points: Annotated[
        int,
        Meta(title="Points", description="For a lead that passes", ge=0, le=MOST_POINTS),
    ]
    enabled: Annotated[
        bool, Meta(title="Enabled", description="Otherwise it is not run and gives nothing")
    ] = True


ScoreNumber: TypeAlias = Annotated[int, Meta(ge=0, le=HIGHEST)]


class GradeRange(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The scores of a grade, and what becomes of its leads."""

    low: Annotated[
        ScoreNumber, Meta(title="Low score", description="The lowest score with this grade")
    ]
    high: Annotated[
        ScoreNumber, Meta(title="High score", description="The highest score with this grade")
    ]
    action: Annotated[GradeAction, Meta(title="Action", description="What becomes of the lead")] = (
        GradeAction.ACCEPT
    )
    accounts: Annotated[
        tuple[Annotated[int, Ref("delivery_account"), Meta(ge=1)], ...],
        Meta(
            title="Delivery accounts",
            description="With the action route: the only ones that may get the lead",
            max_length=1000,
        ),
    ] = ()


class GradeRanges(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """All five grades; together they have every score from 0 to the highest possible one."""

    A: Annotated[GradeRange, Meta(title="A")]
    B: Annotated[GradeRange, Meta(title="B")]
    C: Annotated[GradeRange, Meta(title="C")]
    D: Annotated[GradeRange, Meta(title="D")]
    F: Annotated[GradeRange, Meta(title="F")]

    def of(self, letter: Letter) -> GradeRange:
        """Return the scores of a grade."""
        found: GradeRange = getattr(self, letter.value)
        return found


Checks: TypeAlias = dict[
    Annotated[str, Meta(pattern=r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$", max_length=64)], CheckPoints
]


def enabled_checks(checks: Mapping[str, CheckPoints]) -> dict[str, int]:
    """Return key → points of the checks that are run."""
    return {key: check.points for key, check in checks.items() if check.enabled}


def highest_score(checks: Mapping[str, CheckPoints]) -> int:
    """Return the highest possible score: the points of all enabled checks (``GR1``)."""
    return sum(enabled_checks(checks).values())


def letter_of(grades: GradeRanges, score: int) -> Letter:
    """Return the grade of a score.

    Raises:
        ValueError: No grade has it; a scale that could be saved has all that can be reached.
    """
    for letter in Letter:
        found = grades.of(letter)
        if found.low <= score <= found.high:
            return letter
    message = f"No grade has the score {score}"
    raise ValueError(message)
