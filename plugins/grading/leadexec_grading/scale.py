"""The grading scale: which checks give how many points, and what each grade means (``GR2``)."""

from typing import Annotated, Final

from msgspec import Meta

from leadexec import ConfigurationError, Entity, entity
from leadexec_grading.grades import MOST_CHECKS, Checks, GradeRanges
from leadexec_grading.rules import scale_faults

_EXAMPLE_CHECKS: Final = {"phone": {"points": 60}, "email": {"points": 40}}
_EXAMPLE_GRADES: Final = {
    "A": {"low": 90, "high": 100},
    "B": {"low": 60, "high": 89},
    "C": {"low": 40, "high": 59},
    "D": {"low": 20, "high": 39, "action": "quality_control"},
    "F": {"low": 0, "high": 19, "action": "reject"},
}


@entity(
    name="grading_scale",
    plural="grading_scales",
    title="Grading scale",
    unique=(("name",),),
)
class GradingScale(Entity, kw_only=True, frozen=True):
    """How leads are graded: points per check, scores per grade, an action per grade (``GR2``)."""

    name: Annotated[str, Meta(title="Name", min_length=1, max_length=200)]
    is_default: Annotated[
        bool,
        Meta(title="Default", description="Grades the leads of campaigns that name no scale"),
    ] = False
    checks: Annotated[
        Checks,
        Meta(
            title="Checks",
            description="Points by the key of the grading check",
            min_length=1,
            max_length=MOST_CHECKS,
            examples=[_EXAMPLE_CHECKS],
        ),
    ]
    grades: Annotated[
        GradeRanges,
        Meta(title="Grades", description="Without gaps or overlaps", examples=[_EXAMPLE_GRADES]),
    ]

    def __post_init__(self) -> None:
        """Refuse a scale that does not grade every score exactly once.

        Raises:
            ConfigurationError: Every fault, as ``leadexec_grading.rules`` has them.
        """
        faults = list(scale_faults(self.checks, self.grades))
        if faults:
            raise ConfigurationError(faults)
