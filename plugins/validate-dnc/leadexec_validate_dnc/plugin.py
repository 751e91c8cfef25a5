"""The plugin: the check, the list it looks into, and what keeps the list."""

from collections.abc import Sequence
from typing import Any

from cyclopts import App
from litestar.handlers import BaseRouteHandler

from leadexec import (
    Entity,
    JobHandler,
    LeadEvent,
    NoSettings,
    Plugin,
    Services,
    Validator,
    hookimpl,
)
from leadexec_validate_dnc.command import dnc_command
from leadexec_validate_dnc.desk import ListDesk
from leadexec_validate_dnc.entries import DncHit, DncNumber
from leadexec_validate_dnc.hits import HANDLERS, count, hit_of
from leadexec_validate_dnc.known import KnownNumbers
from leadexec_validate_dnc.routes import routes
from leadexec_validate_dnc.validator import DoNotContact


class ValidateDncPlugin(Plugin[NoSettings]):
    """Contributes the check ``dnc``, the list, its routes and ``leadexec dnc``."""

    def __init__(self, settings: NoSettings, services: Services) -> None:
        """Make the list that all campaigns of this app share; it is read later."""
        super().__init__(settings, services)
        self._known = KnownNumbers(services)

    @hookimpl
    def register_entities(self) -> Sequence[type[Entity]]:
        """Contribute the tables of the list and of its hits."""
        return (DncNumber, DncHit)

    @hookimpl
    def register_validators(self) -> Sequence[type[Validator[Any]]]:
        """Contribute ``dnc``."""
        return (DoNotContact.over(self._known),)

    @hookimpl
    def register_jobs(self) -> Sequence[JobHandler[Any]]:
        """Contribute ``validate-dnc.hit``."""
        return HANDLERS

    @hookimpl
    def register_routes(self) -> Sequence[BaseRouteHandler]:
        """Contribute ``/plugins/validate-dnc/numbers``, ``count`` and ``import``."""
        return routes(ListDesk(self.services, self._known))

    @hookimpl
    def register_commands(self) -> Sequence[App]:
        """Contribute ``leadexec dnc``."""
        return (dnc_command(),)

    @hookimpl
    async def lead_held(self, event: LeadEvent) -> None:
        """Count the hit of a lead that the check held; that of a rejected one has its own job."""
        hit = hit_of(event)
        if hit is not None:
            await count(hit, self.services)
