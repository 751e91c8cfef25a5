"""The runner: what is due is run once, what fails is tried again, what is lost is taken over."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from leadexec import JobHandler
from leadexec.jobs.lease import gone
from leadexec.jobs.runner import Handling, Runner
from leadexec.storage.job_rows import extend_leases, insert_jobs, new_job
from leadexec.storage.store import Store
from leadexec.storage.tables import jobs
from leadexec.testing import FakeClock
from tests.system.plugins import a_plugin, raising_later
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio


async def add(world: World, kind: str, subject: str = "s", **payload: Any) -> None:
    now = world.kernel.services.clock.now()
    row = new_job(kind, subject, payload, now)
    await world.kernel.store.change(lambda connection: insert_jobs(connection, [row]))


class Note(msgspec.Struct, kw_only=True, frozen=True):
    text: str


async def test_a_plugins_job_is_run_with_its_payload_and_is_done(
    database_url: str, tmp_path: Path
) -> None:
    seen: list[str] = []

    async def run(payload: Note, services: Any) -> None:
        seen.append(payload.text)

    plugin = a_plugin(jobs=[JobHandler(kind="tests.note", payload=Note, run=run)])
    async with a_world(database_url, tmp_path, ("tests", plugin)) as world:
        await add(world, "tests.note", text="hello")
        await world.settled()

        assert seen == ["hello"]
        assert await world.rows("jobs") == []


async def test_a_failing_job_is_tried_again_with_growing_gaps_then_kept_as_dead(
    database_url: str, tmp_path: Path
) -> None:
    clock = FakeClock()
    handler = JobHandler(kind="tests.fail", payload=Note, run=raising_later, attempts=3)
    plugin = a_plugin(jobs=[handler])
    async with a_world(database_url, tmp_path, ("tests", plugin), clock=clock) as world:
        await add(world, "tests.fail", text="x")
        gaps = []
        for _ in range(2):
            await world.settled()
            (job,) = await world.rows("jobs")
            gaps.append((job["run_at"] - clock.now()).total_seconds())
            clock.advance(gaps[-1])
        await world.settled()

        assert gaps == [5, 10]
        (job,) = await world.rows("jobs")
        assert (job["attempts"], job["dead"], job["owner"]) == (3, True, "")
        assert job["error"] == "RuntimeError: broken"
        assert world.kernel.faults.counts == {"tests": 3}


@pytest.mark.parametrize("kind", ["nobody.knows", "tests.note"])
async def test_a_job_that_nobody_can_run_is_kept(sqlite_world: World, kind: str) -> None:
    await add(sqlite_world, kind)
    await sqlite_world.settled()

    (job,) = await sqlite_world.rows("jobs")
    assert (job["attempts"], job["dead"]) == (1, False)
    assert "plugin" in job["error"]


async def test_a_job_whose_lease_ran_out_while_it_runs_here_is_not_begun_twice(
    store: Store,
) -> None:
    clock = FakeClock()
    runner = Runner(store, clock, "me/1/a", poll=timedelta(milliseconds=10))
    begun: list[str] = []
    all_begun, taken_again, release = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def run(row: Any) -> None:
        begun.append(row.kind)
        if len(begun) == 2:
            all_begun.set()
        await release.wait()

    async def mark(row: Any) -> None:
        taken_again.set()

    runner.handle("distribute", Handling(run=run))
    runner.handle("tests.long", Handling(run=run))
    runner.handle("tests.mark", Handling(run=mark))
    now, later = clock.now(), clock.now() + timedelta(hours=1)
    rows = [
        new_job("tests.long", "s", {}, now),
        new_job("distribute", "lead", {}, now, "me/1/a"),
        new_job("tests.mark", "s", {}, later),
    ]
    await store.change(lambda connection: insert_jobs(connection, rows))
    await runner.start()
    runner.offer("lead")
    await all_begun.wait()

    clock.advance(3600)  # all leases have run out; what is due is taken together
    runner.wake()
    await taken_again.wait()
    release.set()
    await runner.until_idle()
    await runner.stop()

    assert sorted(begun) == ["distribute", "tests.long"]


async def test_only_what_is_in_hand_keeps_its_lease(store: Store) -> None:
    now = FakeClock().now()
    rows = [new_job("distribute", subject, {}, now, "me") for subject in ("held", "forgotten")]
    await store.change(lambda connection: insert_jobs(connection, rows))
    later = now + timedelta(hours=1)

    await store.change(lambda c: extend_leases(c, "me", later, leads={"held"}, ids=()))

    found = await store.read(lambda c: dict(c.execute(_LEASES).all()))
    assert found == {"held": later, "forgotten": now}


_LEASES = jobs.select().with_only_columns(jobs.c.subject, jobs.c.run_at)


async def test_idle_means_that_also_what_a_job_has_asked_for_is_done(
    database_url: str, tmp_path: Path
) -> None:
    seen: list[int] = []

    class Countdown(msgspec.Struct, kw_only=True, frozen=True):
        left: int

    async def run(payload: Countdown, services: Any) -> None:
        seen.append(payload.left)
        if payload.left:
            await add(worlds[0], "tests.count", left=payload.left - 1)

    plugin = a_plugin(jobs=[JobHandler(kind="tests.count", payload=Countdown, run=run)])
    worlds: list[World] = []
    async with a_world(database_url, tmp_path, ("tests", plugin)) as world:
        worlds.append(world)
        for _ in range(5):
            await add(world, "tests.count", left=3)
            await world.settled()

        assert seen == [3, 2, 1, 0] * 5


async def test_what_an_ended_process_of_this_host_held_is_taken_over_at_once(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "x")
    async with a_world(database_url, tmp_path, run_jobs=False) as world:
        await world.post(campaign)
        host = world.kernel.runner.owner.partition("/")[0]
        later = world.kernel.services.clock.now() + timedelta(hours=1)
        dead = update(jobs).values(owner=f"{host}/999999999/ab", run_at=later)
        await world.kernel.store.change(lambda connection: connection.execute(dead))
    async with a_world(database_url, tmp_path) as world:
        await world.settled()

        assert len(world.market.posts) == 1


def test_only_processes_of_this_host_that_ended_are_known_to_be_gone() -> None:
    import os
    import socket

    host = socket.gethostname()[:60]
    ended, alive = f"{host}/999999999/a", f"{host}/{os.getppid()}/b"

    assert gone([ended, alive, "elsewhere/1/c", "nonsense"], f"{host}/1/own") == [ended]
