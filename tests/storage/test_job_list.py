"""Jobs are listed page by page; dead ones are run again or dropped, the others left alone."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from leadexec.errors import ConflictError, NotFoundError
from leadexec.storage.job_list import StoredJob, drop_jobs, job_page, replay_jobs
from leadexec.storage.job_rows import JobRow, fail_job, insert_jobs, new_job, take_jobs
from leadexec.storage.store import Store
from leadexec.testing.clock import START

pytestmark = pytest.mark.anyio
LATER = START + timedelta(hours=1)


async def jobs_of(store: Store, **wanted: Any) -> list[StoredJob]:
    return (await store.read(lambda c: job_page(c, **wanted))).items


async def ids_of(store: Store, **wanted: Any) -> list[int]:
    return [job.id for job in await jobs_of(store, **wanted)]


async def fill(store: Store, kinds: Sequence[str], dead: Sequence[int] = ()) -> None:
    """Store a job of each of ``kinds``, ids from 1; those called ``dead`` failed for good."""
    rows = [new_job(kind, f"subject {n}", {"n": n}, START) for n, kind in enumerate(kinds, 1)]
    await store.change(lambda c: insert_jobs(c, rows))
    for job_id in dead:
        row = JobRow(id=job_id, kind="", subject="", payload={}, attempts=4)
        fail = partial(fail_job, row=row, error="Broken: by rain", run_at=START, dead=True)
        await store.change(fail)


async def test_jobs_are_listed_by_state_and_kind_page_by_page(store: Store) -> None:
    await fill(store, ["a.x", "b.y", "a.x", "b.y", "a.x"], dead=[2, 3, 5])

    assert await ids_of(store) == [1, 2, 3, 4, 5]
    assert await ids_of(store, dead=True) == [2, 3, 5]
    assert await ids_of(store, dead=False, kind="b.y") == [4]
    page = await store.read(lambda c: job_page(c, dead=True, limit=2))
    assert ([job.id for job in page.items], page.next) == ([2, 3], 3)
    last = await store.read(lambda c: job_page(c, dead=True, limit=2, after=page.next))
    assert ([job.id for job in last.items], last.next) == ([5], None)


async def test_a_dead_job_is_shown_with_what_it_failed_with(store: Store) -> None:
    await fill(store, ["a.x"], dead=[1])

    (job,) = await jobs_of(store, dead=True)

    assert (job.subject, job.payload, job.error) == ("subject 1", {"n": 1}, "Broken: by rain")
    assert (job.attempts, job.run_at) == (1, START)


async def test_a_replayed_job_is_due_with_all_its_tries_before_it(store: Store) -> None:
    await fill(store, ["a.x", "a.x"], dead=[1, 2])

    (replayed,) = await store.change(lambda c: replay_jobs(c, LATER, ids=[2]))

    assert (replayed.id, replayed.dead, replayed.attempts, replayed.run_at) == (2, False, 0, LATER)
    taken = await store.change(lambda c: take_jobs(c, "me", LATER, LATER, 10))
    assert [(job.id, job.attempts) for job in taken] == [(2, 0)]
    assert await ids_of(store, dead=True) == [1]


async def test_all_dead_jobs_of_a_kind_are_replayed_and_no_other(store: Store) -> None:
    await fill(store, ["a.x", "b.y", "a.x", "a.x"], dead=[1, 2, 3])

    replayed = await store.change(lambda c: replay_jobs(c, LATER, kind="a.x"))

    assert [job.id for job in replayed] == [1, 3]
    (waiting,) = [job for job in await jobs_of(store, dead=False) if job.id == 4]
    assert waiting.run_at == START


async def test_every_dead_job_is_replayed_when_none_is_named(store: Store) -> None:
    await fill(store, ["a.x", "b.y", "c.z"], dead=[1, 2])

    assert len(await store.change(lambda c: replay_jobs(c, LATER))) == 2
    assert await ids_of(store, dead=True) == []


@pytest.mark.parametrize("act", [lambda c, ids: replay_jobs(c, LATER, ids=ids), drop_jobs])
async def test_jobs_that_are_not_dead_are_left_alone_with_the_others_named(
    store: Store, act: Any
) -> None:
    await fill(store, ["a.x", "a.x"], dead=[1])

    with pytest.raises(ConflictError, match="job 2") as refused:
        await store.change(lambda c: act(c, [1, 2]))

    assert refused.value.code == "not_dead"
    assert await ids_of(store, dead=True) == [1]


@pytest.mark.parametrize("act", [lambda c, ids: replay_jobs(c, LATER, ids=ids), drop_jobs])
async def test_a_job_that_is_not_there_is_named(store: Store, act: Any) -> None:
    await fill(store, ["a.x"], dead=[1])

    with pytest.raises(NotFoundError, match="no job 7, 9"):
        await store.change(lambda c: act(c, [1, 7, 9]))

    assert await ids_of(store, dead=True) == [1]


async def test_dropped_jobs_are_gone(store: Store) -> None:
    await fill(store, ["a.x", "a.x", "a.x"], dead=[1, 2])

    await store.change(lambda c: drop_jobs(c, [1, 2]))

    assert await ids_of(store) == [3]


@pytest.mark.parametrize("kind", ["distribute", "recheck"])
async def test_a_job_without_which_a_lead_would_be_stranded_is_not_dropped(
    store: Store, kind: str
) -> None:
    await fill(store, [kind, "a.x"], dead=[1, 2])

    with pytest.raises(ConflictError, match="the lead subject 1 would stay"):
        await store.change(lambda c: drop_jobs(c, [2, 1]))

    assert await ids_of(store, dead=True) == [1, 2]
