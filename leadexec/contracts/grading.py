"""The contract of a check that gives a lead points (``GR1``)."""

from abc import ABC, abstractmethod
from typing import ClassVar

import msgspec

from leadexec.contracts.component import Component, S
from leadexec.contracts.lead import Lead, LeadTypeInfo
from leadexec.contracts.services import Services


class Score(msgspec.Struct, kw_only=True, frozen=True):
    """What a grading check found."""

    passed: bool
    detail: str
    """What was found, in a sentence, shown with the lead (``GR4``)."""


class GradingContext(msgspec.Struct, kw_only=True, frozen=True):
    """What a check may use beside the lead."""

    lead_type: LeadTypeInfo


class GradingCheck(Component[S], ABC):
    """A check that gives a lead points when it passes (``GR1``).

    Made once, at start, with the settings under ``[plugins.<plugin>.grading.<key>]`` of the
    settings file. How many points it gives is configured where leads are graded, not here. It
    reads the lead and changes nothing. One that raises or is late counts as not passed and is
    shown as "could not run"; the fault is recorded with the plugin's name.
    """

    order: ClassVar[int] = 50
    """Where it stands among the checks shown; equal ones by key."""

    def __init__(self, settings: S, services: Services) -> None:
        """Prepare; raise ``ConfigurationError`` with every fault."""
        self.settings = settings
        self.services = services

    @abstractmethod
    async def grade(self, lead: Lead, context: GradingContext) -> Score:
        """Return whether ``lead`` passes."""
