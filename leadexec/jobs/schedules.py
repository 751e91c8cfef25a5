"""Jobs that come again and again: each asks for its own next run when it is done."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

import msgspec

from leadexec.contracts.job import Schedule
from leadexec.contracts.services import Clock
from leadexec.contracts.validator import JobRequest
from leadexec.errors import ConfigurationError, Fault
from leadexec.jobs.asking import JobDesk
from leadexec.jobs.runner import Handling
from leadexec.plugins import Plugins
from leadexec.storage.job_rows import JobRow

SUBJECT: Final = "schedule"
"""What the jobs of schedules are about; one asked for by hand has another subject."""
SOONEST: Final = timedelta(seconds=1)


class Schedules:
    """The schedules that plugins registered; one job each, whatever number of processes runs."""

    def __init__(self, plugins: Plugins, jobs: JobDesk, clock: Clock) -> None:
        """Gather the schedules of ``plugins``.

        Raises:
            ConfigurationError: ``bad_schedule`` for each that is of a foreign kind or too frequent.
        """
        self._jobs = jobs
        self._clock = clock
        self._every: dict[str, Schedule] = {}
        faults: list[Fault] = []
        for name, schedule in plugins.contributions("register_schedules"):
            if not schedule.kind.startswith(f"{name}.") or schedule.every < SOONEST:
                text = f"A schedule of {name} is of a kind '{name}.<verb>', every second at most."
                fault = Fault(code="bad_schedule", path=f"plugins.{name}", message=text)
                faults.append(fault)
            self._every[schedule.kind] = schedule
        if faults:
            raise ConfigurationError(faults)

    async def start(self) -> None:
        """Ask for the first run of every schedule that no job waits for yet."""
        for schedule in self._every.values():
            await self._ask(schedule)

    def again(self, kind: str, handling: Handling) -> Handling:
        """Return ``handling``, after which the next run of its schedule is asked for."""
        schedule = self._every.get(kind)
        if schedule is None:
            return handling

        async def run(row: JobRow) -> None:
            try:
                await handling.run(row)
            finally:  # also after a failure: the next run may do what this one could not
                if row.subject == SUBJECT:
                    await self._ask(schedule)

        return replace(handling, run=run)

    async def _ask(self, schedule: Schedule) -> None:
        request = JobRequest(kind=schedule.kind, payload=_plain(schedule.payload))
        due = self._clock.now() + schedule.every
        await self._jobs.add_once(request, subject=SUBJECT, run_at=due)


def _plain(payload: msgspec.Struct) -> Mapping[str, object]:
    plain: Mapping[str, object] = msgspec.to_builtins(payload)
    return plain
