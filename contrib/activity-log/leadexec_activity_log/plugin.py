"""The plugin: what it observes, and what it contributes."""

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct

from leadexec import (
    DeliveryEvent,
    EligibilityRule,
    Entity,
    EntityEvent,
    Function,
    LeadEvent,
    Plugin,
    Services,
    hookimpl,
)
from leadexec_activity_log.activity import (
    Activity,
    Kind,
    erase,
    of_delivery,
    of_entity,
    of_lead,
    record,
)
from leadexec_activity_log.business_hours import BusinessHours, business_hours_function
from leadexec_activity_log.quiet_days import QuietDays


class ActivityLogSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What is kept, and when business is open."""

    events: Annotated[
        tuple[Kind, ...],
        Meta(
            title="Events",
            description="Which are kept; all others are not written",
            examples=[["lead_rejected", "delivery_failed"]],
        ),
    ] = tuple(Kind)
    business_hours: Annotated[
        BusinessHours,
        Meta(title="Business hours", description="For the function is_business_hours"),
    ] = BusinessHours()


class ActivityLogPlugin(Plugin[ActivityLogSettings]):
    """Keeps a log of what happens; adds quiet days and business hours."""

    def __init__(self, settings: ActivityLogSettings, services: Services) -> None:
        """Compile the business hours; raise ``ConfigurationError`` with every fault."""
        super().__init__(settings, services)
        self._kept = frozenset(settings.events)
        self._function = business_hours_function(
            settings.business_hours, "plugins.activity-log.business_hours"
        )

    @hookimpl
    def register_entities(self) -> Sequence[type[Entity]]:
        """Contribute ``activity``."""
        return (Activity,)

    @hookimpl
    def register_eligibility_rules(self) -> Sequence[type[EligibilityRule[Any]]]:
        """Contribute ``quiet-days``."""
        return (QuietDays,)

    @hookimpl
    def register_functions(self) -> Sequence[Function]:
        """Contribute ``is_business_hours``."""
        return (self._function,)

    @hookimpl
    async def lead_accepted(self, event: LeadEvent) -> None:
        """Keep it."""
        await self._keep(of_lead(Kind.LEAD_ACCEPTED, event))

    @hookimpl
    async def lead_rejected(self, event: LeadEvent) -> None:
        """Keep it."""
        await self._keep(of_lead(Kind.LEAD_REJECTED, event))

    @hookimpl
    async def lead_held(self, event: LeadEvent) -> None:
        """Keep it."""
        await self._keep(of_lead(Kind.LEAD_HELD, event))

    @hookimpl
    async def lead_unsold(self, event: LeadEvent) -> None:
        """Keep it."""
        await self._keep(of_lead(Kind.LEAD_UNSOLD, event))

    @hookimpl
    async def lead_erased(self, event: LeadEvent) -> None:
        """Take out what sentences about the lead may say of its person, and keep that it was."""
        await erase(self.services, event.lead_uid)
        await self._keep(of_lead(Kind.LEAD_ERASED, event))

    @hookimpl
    async def delivery_accepted(self, event: DeliveryEvent) -> None:
        """Keep it."""
        await self._keep(of_delivery(Kind.DELIVERY_ACCEPTED, event))

    @hookimpl
    async def delivery_failed(self, event: DeliveryEvent) -> None:
        """Keep it."""
        await self._keep(of_delivery(Kind.DELIVERY_FAILED, event))

    @hookimpl
    async def entity_changed(self, event: EntityEvent) -> None:
        """Keep it."""
        await self._keep(of_entity(Kind.ENTITY_CHANGED, event))

    async def _keep(self, activity: Activity) -> None:
        if activity.event in self._kept:
            await record(self.services, activity)
