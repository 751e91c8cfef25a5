"""The contract of a distribution script: code of the operator's own at fixed points (``DI10``)."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from leadexec.contracts.automation import Candidate
from leadexec.contracts.component import Component, S
from leadexec.contracts.delivery import Outcome, Sale
from leadexec.contracts.lead import Lead, LeadTypeInfo
from leadexec.contracts.services import Services


class Stop(msgspec.Struct, kw_only=True, frozen=True, tag="stop"):
    """End the lead's distribution here; sales already made stand."""

    reason: str


Selection: TypeAlias = Sequence[Candidate] | Stop


class ScriptSetup(msgspec.Struct, kw_only=True, frozen=True):
    """What an instance is made for: one campaign."""

    campaign_id: int
    lead_type: LeadTypeInfo
    services: Services


class DistributionScript(Component[S]):
    """Runs at five points of a lead's distribution; override those you need.

    A script may drop, reorder and reprice candidates (return new ``Candidate`` objects by
    ``msgspec.structs.replace``), and stop. It cannot add an account that does not qualify.
    Synchronous and quick: 50 ms over all points is a fault. If it raises, the campaign's
    ``on_error`` decides: hold the lead (default), or go on as if the script were not there.
    """

    def __init__(self, settings: S, setup: ScriptSetup) -> None:
        """Compile ``settings`` for one campaign; raise ``ConfigurationError`` with every fault."""
        self.settings = settings
        self.setup = setup

    def before_select(self, lead: Lead) -> Stop | None:
        """Return ``Stop`` to leave the lead unsold before anybody is considered."""
        return None

    def after_select(self, lead: Lead, candidates: Sequence[Candidate]) -> Selection:
        """Return the candidates that stay, in any order, repriced if wanted."""
        return candidates

    def after_sort(self, lead: Lead, candidates: Sequence[Candidate]) -> Selection:
        """Return the candidates in the order they are to be offered the lead."""
        return candidates

    def before_delivery(self, lead: Lead, sale: Sale) -> Stop | None:
        """Return ``Stop`` to end before this delivery is sent."""
        return None

    def after_delivery(self, lead: Lead, sale: Sale, outcome: Outcome) -> Stop | None:
        """Return ``Stop`` to end after this delivery, whatever slots are left."""
        return None
