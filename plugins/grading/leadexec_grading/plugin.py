"""The plugin: the check, the scales it grades by, and the routes that show them."""

from collections.abc import Sequence
from typing import Any

from litestar.handlers import BaseRouteHandler

from leadexec import Entity, EntityEvent, NoSettings, Plugin, Services, Validator, hookimpl
from leadexec_grading.routes import routes
from leadexec_grading.scale import GradingScale
from leadexec_grading.scales import Scales
from leadexec_grading.validator import Grading


class GradingPlugin(Plugin[NoSettings]):
    """Contributes the check ``grading``, the entity ``grading_scale`` and routes that show it."""

    def __init__(self, settings: NoSettings, services: Services) -> None:
        """Make the memory of scales that all campaigns of this app share; it is read later."""
        super().__init__(settings, services)
        self._scales = Scales(services)

    @hookimpl
    def register_entities(self) -> Sequence[type[Entity]]:
        """Contribute ``grading_scale``."""
        return (GradingScale,)

    @hookimpl
    def register_validators(self) -> Sequence[type[Validator[Any]]]:
        """Contribute ``grading``."""
        return (Grading.over(self._scales),)

    @hookimpl
    def register_routes(self) -> Sequence[BaseRouteHandler]:
        """Contribute ``/plugins/grading/checks`` and ``/plugins/grading/scales``."""
        return routes(self.services)

    @hookimpl
    async def entity_changed(self, event: EntityEvent) -> None:
        """Read the scales again before the next lead, when one of them has changed."""
        if event.entity == "grading_scale":
            self._scales.forget()
