"""The plugin: the entity, the pages, the command."""

from collections.abc import Sequence

from cyclopts import App
from litestar.handlers import BaseRouteHandler

from leadexec import Entity, EntityEvent, NotFoundError, Plugin, Services, hookimpl
from leadexec_lead_forms.command import lead_form_command
from leadexec_lead_forms.desk import FormDesk
from leadexec_lead_forms.entities import LeadForm, LeadFormKey
from leadexec_lead_forms.routes import FormRoutes, routes
from leadexec_lead_forms.settings import LeadFormsSettings, check
from leadexec_lead_forms.store import Forms
from leadexec_lead_forms.tickets import Tickets


class LeadFormsPlugin(Plugin[LeadFormsSettings]):
    """Hosted and embedded forms for visitors and for agents (``LS19``)."""

    def __init__(self, settings: LeadFormsSettings, services: Services) -> None:
        """Refuse a signing key that could be guessed (``key_too_short``)."""
        super().__init__(settings, services)
        check(settings)
        self._forms = Forms(services)
        self._desk = FormDesk(services, Tickets(services, settings.signing_key))

    @hookimpl
    def register_entities(self) -> Sequence[type[Entity]]:
        """Contribute ``lead_form`` and the key that signs forms."""
        return (LeadForm, LeadFormKey)

    @hookimpl
    def register_routes(self) -> Sequence[BaseRouteHandler]:
        """Contribute the pages, the scripts and the embed codes."""
        made = FormRoutes(self.services, self._forms, self._desk)
        return routes(made, self.services, self._forms, self.settings.public_url)

    @hookimpl
    def register_commands(self) -> Sequence[App]:
        """Contribute ``leadexec lead-form``."""
        return (lead_form_command(),)

    @hookimpl
    async def entity_changed(self, event: EntityEvent) -> None:
        """Give a form without a slug one that cannot be guessed; again, it finds it there."""
        if event.entity != "lead_form" or event.act == "deleted":
            return
        try:
            await self._forms.with_slug(event.entity_id)
        except NotFoundError:
            return  # deleted since
