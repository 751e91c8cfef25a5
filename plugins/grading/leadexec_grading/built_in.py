"""The scale that grades where no scale was made."""

from typing import Final

from leadexec_grading.grades import CheckPoints, GradeRange, GradeRanges
from leadexec_grading.scale import GradingScale

BUILT_IN: Final = GradingScale(
    name="Built-in",
    checks={
        "address": CheckPoints(points=20),
        "phone": CheckPoints(points=30),
        "email": CheckPoints(points=25),
        "ip": CheckPoints(points=15),
        "comments": CheckPoints(points=10),
    },
    grades=GradeRanges(
        A=GradeRange(low=90, high=100),
        B=GradeRange(low=75, high=89),
        C=GradeRange(low=50, high=74),
        D=GradeRange(low=25, high=49),
        F=GradeRange(low=0, high=24),
    ),
)
"""It accepts every grade: nobody has said yet which leads are not good enough. Its id is 0."""
