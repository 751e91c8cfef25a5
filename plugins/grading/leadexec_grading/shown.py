"""Scales as they are shown: with titles, colours and the highest possible score."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from leadexec import ConfigurationError, Fault, LeadexecError
from leadexec_grading.grades import (
    COLOURS,
    CheckPoints,
    Checks,
    GradeAction,
    GradeRanges,
    Letter,
    highest_score,
)
from leadexec_grading.scale import GradingScale
from leadexec_grading.scales import Found


class ShownCheck(Struct, kw_only=True, frozen=True):
    """A grading check in a scale."""

    key: str
    title: str
    points: int
    enabled: bool
    installed: bool
    """Whether a loaded plugin has it; one that is not there cannot be passed."""


class ShownGrade(Struct, kw_only=True, frozen=True):
    """A grade of a scale."""

    grade: Letter
    colour: str
    low: int
    high: int
    action: GradeAction
    accounts: tuple[int, ...]
    reachable: bool
    """Whether a lead can have it: it begins at or below the highest possible score."""


class ShownScale(Struct, kw_only=True, frozen=True):
    """A scale; of one that is faulty, only why."""

    id: int | None
    """None: the built-in one."""
    name: str
    is_default: bool
    highest: int
    """The highest possible score (``GR1``)."""
    checks: tuple[ShownCheck, ...]
    grades: tuple[ShownGrade, ...]
    faults: tuple[Fault, ...] = ()


class ScaleDraft(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A scale that somebody is just writing."""

    checks: Annotated[Checks, Meta(title="Checks", description="Points by key of the check")]
    grades: Annotated[
        GradeRanges | None, Meta(title="Grades", description="None: only add up the points")
    ] = None


class JudgedScale(Struct, kw_only=True, frozen=True):
    """What a scale that somebody is writing would be."""

    highest: int
    """The highest possible score."""
    faults: tuple[Fault, ...]
    """Why it cannot be saved yet."""


def shown_scale(scale: GradingScale, titles: Mapping[str, str], *, default: bool) -> ShownScale:
    """Return ``scale`` as it is shown; ``titles`` has those of the checks there are."""
    highest = highest_score(scale.checks)
    ordered = [key for key in titles if key in scale.checks]
    missing = sorted(set(scale.checks) - set(titles))
    return ShownScale(
        id=scale.id or None,
        name=scale.name,
        is_default=default,
        highest=highest,
        checks=tuple(_check(key, scale.checks[key], titles) for key in (*ordered, *missing)),
        grades=tuple(_grade(letter, scale.grades, highest) for letter in Letter),
    )


def shown_found(
    scale_id: int, found: Found, titles: Mapping[str, str], *, default: bool
) -> ShownScale:
    """Return what is stored as it is shown, also when it is no scale any more."""
    if isinstance(found, GradingScale):
        return shown_scale(found, titles, default=default)
    return ShownScale(
        id=scale_id,
        name="",
        is_default=default,
        highest=0,
        checks=(),
        grades=(),
        faults=_faults(found),
    )


def _faults(error: LeadexecError) -> tuple[Fault, ...]:
    if isinstance(error, ConfigurationError):
        return error.faults
    return (Fault(code=error.code, path="", message=error.message),)


def _check(key: str, counted: CheckPoints, titles: Mapping[str, str]) -> ShownCheck:
    return ShownCheck(
        key=key,
        title=titles.get(key, key),
        points=counted.points,
        enabled=counted.enabled,
        installed=key in titles,
    )


def _grade(letter: Letter, grades: GradeRanges, highest: int) -> ShownGrade:
    grade = grades.of(letter)
    return ShownGrade(
        grade=letter,
        colour=COLOURS[letter],
        low=grade.low,
        high=grade.high,
        action=grade.action,
        accounts=grade.accounts,
        reachable=grade.low <= highest,
    )
