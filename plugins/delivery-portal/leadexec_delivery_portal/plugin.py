"""The plugin: contributes the lead portal."""

from collections.abc import Sequence
from typing import Any

from leadexec import (
    Accepted,
    Attempt,
    DeliveryMethod,
    Exchange,
    NoSettings,
    Outcome,
    Outgoing,
    Plugin,
    Prepared,
    hookimpl,
)


class PortalDelivery(Prepared, kw_only=True):
    """A delivery that consists of its record."""

    delivery_uid: str


class Portal(DeliveryMethod[NoSettings]):
    """Leaves the lead in the client's portal (``DM9``).

    Nothing is sent and nobody can decline: the lead is accepted at once, at the agreed price. Its
    reference is the delivery's uid, by which the portal finds it.
    """

    key = "portal"
    title = "Lead portal"

    def prepare(self, outgoing: Outgoing) -> Prepared:
        """Return the record: the mapped fields, one a line."""
        lines = [f"{name}: {value}" for name, value in outgoing.fields.items()]
        return PortalDelivery(
            request="\n".join(("Kept for the client's portal", *lines)),
            delivery_uid=outgoing.sale.delivery_uid,
        )

    async def deliver(self, prepared: Prepared, attempt: Attempt) -> Outcome:
        """Accept, and record what the client now sees."""
        assert isinstance(prepared, PortalDelivery)  # noqa: S101  prepare made it
        attempt.record(Exchange(request=prepared.request, response="In the client's portal"))
        return Accepted(reference=prepared.delivery_uid)


class DeliveryPortalPlugin(Plugin[NoSettings]):
    """Contributes the delivery method ``portal`` (``DM9``)."""

    @hookimpl
    def register_delivery_methods(self) -> Sequence[type[DeliveryMethod[Any]]]:
        """Return the lead portal."""
        return (Portal,)
