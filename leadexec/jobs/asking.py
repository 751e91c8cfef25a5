"""Adding jobs from a plugin's routes, commands and jobs; implements ``leadexec.Jobs``."""

from collections.abc import Callable
from datetime import datetime

from leadexec.contracts.services import Clock
from leadexec.contracts.validator import JobRequest
from leadexec.storage.job_rows import insert_jobs, insert_unless_waiting, new_job
from leadexec.storage.store import Store


class JobDesk:
    """Writes jobs and wakes whoever runs them here."""

    def __init__(self, store: Store, clock: Clock, wake: Callable[[], None]) -> None:
        """Write to ``store``."""
        self._store = store
        self._clock = clock
        self._wake = wake

    async def add(self, job: JobRequest, *, subject: str, run_at: datetime | None = None) -> None:
        """Commit ``job``, due at ``run_at`` or now."""
        due = run_at or self._clock.now()
        row = new_job(job.kind, subject, dict(job.payload), due)
        await self._store.change(lambda connection: insert_jobs(connection, [row]))
        self._wake()

    async def add_once(
        self, job: JobRequest, *, subject: str, run_at: datetime | None = None
    ) -> bool:
        """Commit ``job`` unless one of its kind about ``subject`` waits already."""
        due = run_at or self._clock.now()
        row = new_job(job.kind, subject, dict(job.payload), due)
        added = await self._store.change(
            lambda connection: insert_unless_waiting(connection, job.kind, subject, row)
        )
        if added:
            self._wake()
        return added
