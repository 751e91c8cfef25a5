"""Jobs that come again and again, whoever runs them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from leadexec import (
    ConfigurationError,
    JobHandler,
    NoSettings,
    Plugin,
    Schedule,
    Services,
    hookimpl,
)
from leadexec.storage.tables import jobs
from leadexec.testing import FakeClock
from tests.system.world import a_world

pytestmark = pytest.mark.anyio


class Tick(msgspec.Struct, kw_only=True, frozen=True):
    """What is run."""

    word: str = "tick"


def ticking(
    run: Callable[[Tick, Services], Awaitable[None]], kind: str = "clockwork.tick"
) -> type[Plugin[NoSettings]]:
    """Return a plugin that runs ``run`` every hour."""

    class Clockwork(Plugin[NoSettings]):
        @hookimpl
        def register_jobs(self) -> Sequence[JobHandler[Any]]:
            return (JobHandler(kind="clockwork.tick", payload=Tick, run=run, attempts=1),)

        @hookimpl
        def register_schedules(self) -> Sequence[Schedule]:
            return (Schedule(kind=kind, payload=Tick(word="tock"), every=timedelta(hours=1)),)

    return Clockwork


async def test_a_schedule_runs_again_and_again_also_after_a_failure(
    database_url: str, tmp_path: Path
) -> None:
    clock, ran = FakeClock(), []

    async def run(job: Tick, services: Services) -> None:
        ran.append(job.word)
        if len(ran) == 1:
            raise RuntimeError("the first one fails")

    async with a_world(database_url, tmp_path, ("clockwork", ticking(run)), clock=clock) as world:
        for _ in range(3):
            clock.advance(3601)
            world.kernel.runner.wake()
            await world.settled()

        assert ran == ["tock"] * 3
        waiting = [row for row in await world.rows("jobs") if not row["dead"]]
        assert [row["run_at"] - clock.now() for row in waiting] == [timedelta(hours=1)]


async def test_many_starts_ask_for_one_run(database_url: str, tmp_path: Path) -> None:
    async def run(job: Tick, services: Services) -> None:
        """Do nothing."""

    clock = FakeClock()
    for _ in range(3):
        async with a_world(
            database_url, tmp_path, ("clockwork", ticking(run)), clock=clock
        ) as world:
            rows = [r for r in await world.rows(jobs.name) if r["kind"] == "clockwork.tick"]
            assert len(rows) == 1


async def test_a_schedule_of_anothers_job_stops_the_start(sqlite_url: str, tmp_path: Path) -> None:
    async def run(job: Tick, services: Services) -> None:
        """Do nothing."""

    plugin = ticking(run, kind="gdpr.sweep")
    with pytest.raises(ConfigurationError, match=r"clockwork\.<verb>"):
        async with a_world(sqlite_url, tmp_path, ("clockwork", plugin)):
            pass
