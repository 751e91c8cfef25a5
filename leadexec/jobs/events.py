"""Turning what happened into jobs, one per plugin that observes it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from leadexec.contracts.events import DeliveryEvent, EntityEvent, LeadEvent
from leadexec.storage.job_rows import insert_jobs, new_job
from leadexec.storage.rows import Row

OBSERVE = "observe"
"""The kind of the jobs that tell observers."""
EVENTS: Mapping[str, type[msgspec.Struct]] = {
    "lead_accepted": LeadEvent,
    "lead_rejected": LeadEvent,
    "lead_held": LeadEvent,
    "lead_unsold": LeadEvent,
    "lead_erased": LeadEvent,
    "delivery_accepted": DeliveryEvent,
    "delivery_failed": DeliveryEvent,
    "entity_changed": EntityEvent,
}
"""Observer hook → what it is told."""


class EventJobs:
    """Knows which plugins observe what; what nobody observes costs nothing."""

    def __init__(self, observers: Mapping[str, Sequence[str]]) -> None:
        """Take hook → names of the plugins that implement it."""
        self._observers = {hook: tuple(names) for hook, names in observers.items() if names}

    def observed(self, hook: str) -> bool:
        """Return whether any plugin observes ``hook``."""
        return hook in self._observers

    def entity_changed(self, connection: Connection, event: EntityEvent) -> None:
        """Write the jobs that tell of a changed entity, in the transaction that changes it."""
        subject = f"{event.entity}:{event.entity_id}"
        insert_jobs(connection, self.jobs("entity_changed", subject, event, event.at))

    def jobs(self, hook: str, subject: str, event: msgspec.Struct, now: datetime) -> list[Row]:
        """Return the rows of the jobs that tell every observer of ``hook`` about ``event``."""
        return [
            new_job(OBSERVE, subject, {"plugin": name, "hook": hook, "event": event}, now)
            for name in self._observers.get(hook, ())
        ]
