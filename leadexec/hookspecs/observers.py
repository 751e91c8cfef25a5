"""Hooks that observe: past tense, after commit, each as a durable job of its own plugin.

An observer runs at least once and may run again after a crash. If it raises, it is tried again
with growing gaps and then kept in the dead-letter list; no other plugin notices.
"""

from leadexec.contracts.events import DeliveryEvent, EntityEvent, LeadEvent
from leadexec.hookspecs.markers import hookspec


class ObserverHooks:
    """All observers are ``async`` methods with one argument, ``event``."""

    @hookspec
    async def lead_accepted(self, event: LeadEvent) -> None:
        """A lead passed every check and was stored as accepted. Since 0.1.

        Args:
            event: Names the lead and its campaign.
        """

    @hookspec
    async def lead_rejected(self, event: LeadEvent) -> None:
        """A lead was stored as rejected. Since 0.1.

        Args:
            event: ``code`` and ``message`` say why.
        """

    @hookspec
    async def lead_held(self, event: LeadEvent) -> None:
        """A lead was stored as held for quality control. Since 0.1.

        Args:
            event: ``code`` and ``message`` say why.
        """

    @hookspec
    async def lead_unsold(self, event: LeadEvent) -> None:
        """A lead's distribution ended without a sale. Since 0.1.

        Args:
            event: ``code`` and ``message`` say why.
        """

    @hookspec
    async def lead_erased(self, event: LeadEvent) -> None:
        """What was stored about a lead's person was erased (``LS11``). Since 0.1.

        Whoever keeps copies of a lead erases them now, too.

        Args:
            event: Names the lead and its campaign.
        """

    @hookspec
    async def delivery_accepted(self, event: DeliveryEvent) -> None:
        """A client took a lead; the sale is settled at ``event.price``. Since 0.1.

        Args:
            event: Names the delivery, its lead, delivery account and client.
        """

    @hookspec
    async def delivery_failed(self, event: DeliveryEvent) -> None:
        """A delivery ended without a sale: declined, or failed past its last retry. Since 0.1.

        Args:
            event: ``code`` and ``message`` say why.
        """

    @hookspec
    async def entity_changed(self, event: EntityEvent) -> None:
        """An entity was created, updated or deleted. Since 0.1.

        Args:
            event: Names the entity, the act, who did it and the configuration revision.
        """
