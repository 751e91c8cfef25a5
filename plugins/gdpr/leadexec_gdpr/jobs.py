"""The sweep as a durable job."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from leadexec import JobHandler, Services
from leadexec_gdpr.desk import GdprDesk

SWEEP: Final = "gdpr.sweep"


class Sweep(Struct, kw_only=True, frozen=True):
    """Erase what is past its time."""

    by: str = "schedule"


def sweep_handler(desk: Callable[[Services], GdprDesk]) -> JobHandler[Sweep]:
    """Return the handler; a sweep that is run again goes on where the first one broke off."""

    async def run(job: Sweep, services: Services) -> None:
        await desk(services).sweep(by=job.by)

    return JobHandler(kind=SWEEP, payload=Sweep, run=run)
