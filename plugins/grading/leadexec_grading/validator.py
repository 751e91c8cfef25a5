"""The check itself: it grades a lead and does what its grade says."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from leadexec import (
    Graded,
    Hold,
    Lead,
    Pass,
    Ref,
    Reject,
    Stage,
    Validator,
    ValidatorSetup,
    Verdict,
)
from leadexec_grading.grades import (
    COLOURS,
    GradeAction,
    GradeRange,
    Letter,
    enabled_checks,
    letter_of,
)
from leadexec_grading.scale import GradingScale
from leadexec_grading.scales import Scales


class GradingSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """By which scale a campaign's leads are graded."""

    scale: Annotated[
        Annotated[int, Ref("grading_scale"), Meta(ge=1)] | None,
        Meta(
            title="Grading scale",
            description="Its id; none: the scale that is marked default, or the built-in one.",
            examples=[1],
        ),
    ] = None


class Grading(Validator[GradingSettings]):
    """Grades a lead A to F by points, and treats it as its grade says (``GR1``–``GR4``).

    The grading checks that the scale has enabled are run; each that passes gives its points. What
    was found is kept with the lead: grade, score and, check by check, the details. One that cannot
    run gives no points. By the scale's action for the grade the lead is accepted, rejected
    (``grade_too_low``), held for quality control (``grade_needs_review``), or routed to certain
    delivery accounts alone. If there is no such scale, or it cannot be read, the lead is held.
    """

    key: ClassVar[str] = "grading"
    title: ClassVar[str] = "Lead grading"
    stage: ClassVar[Stage] = Stage.GRADING
    scales: ClassVar[Scales | None] = None
    """The scales that all campaigns of an app share; the plugin ties them to a class of its own."""

    def __init__(self, settings: GradingSettings, setup: ValidatorSetup) -> None:
        """Prepare; scales are read when the first lead comes."""
        super().__init__(settings, setup)
        self._scales = self.scales or Scales(setup.services)

    @classmethod
    def over(cls, scales: Scales) -> "type[Grading]":
        """Return the check that finds its scale among ``scales``."""
        told = {"scales": scales, "__doc__": cls.__doc__, "__module__": cls.__module__}
        return type(cls.__name__, (cls,), told)

    def reads(self) -> frozenset[str]:
        """Return all fields: the checks it runs look at whatever they are about."""
        return frozenset(self.setup.lead_type.fields)

    async def check(self, lead: Lead) -> Verdict:
        """Grade ``lead``: set its grade, score and facts, and return what its grade says.

        Raises:
            LeadexecError: The scale is not there, is faulty or cannot be read; the kernel then
                holds the lead.
        """
        scale = await self._scales.chosen(self.settings.scale)
        points = enabled_checks(scale.checks)
        grading = self.setup.services.grading
        found = await grading.grade(lead, self.setup.lead_type, list(points))
        score = sum(points[graded.key] for graded in found if graded.ran and graded.passed)
        letter = letter_of(scale.grades, score)
        lead.grade, lead.score = letter.value, score
        lead.facts["grading"] = _facts(scale, points, found, letter, score)
        return _verdict(letter, scale.grades.of(letter), score, sum(points.values()))


def _facts(
    scale: GradingScale,
    points: Mapping[str, int],
    found: Sequence[Graded],
    letter: Letter,
    score: int,
) -> dict[str, Any]:
    """Return what is kept with the lead (``GR4``)."""
    return {
        "score": score,
        "highest": sum(points.values()),
        "grade": letter.value,
        "colour": COLOURS[letter],
        "action": scale.grades.of(letter).action.value,
        "scale": scale.id or None,
        "scale_name": scale.name,
        "checks": [
            {
                "key": graded.key,
                "title": graded.title,
                "points": points[graded.key],
                "passed": graded.passed,
                "ran": graded.ran,
                "detail": graded.detail,
                "us": graded.us,
            }
            for graded in found
        ],
    }


def _verdict(letter: Letter, grade: GradeRange, score: int, highest: int) -> Verdict:
    told = f"Grade {letter}, with a score of {score} of {highest}"
    match grade.action:
        case GradeAction.ACCEPT:
            return Pass(detail=f"{told}.")
        case GradeAction.REJECT:
            return Reject(code="grade_too_low", message=f"{told}, is too low.")
        case GradeAction.QUALITY_CONTROL:
            return Hold(code="grade_needs_review", message=f"{told}, needs a person's review.")
        case GradeAction.ROUTE:
            listed = ", ".join(map(str, grade.accounts))
            return Pass(
                detail=f"{told}: only for the delivery accounts {listed}.",
                only_accounts=grade.accounts,
            )
