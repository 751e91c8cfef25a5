from collections.abc import Sequence
from functools import partial
from typing import Any

import anyio
import pytest
from leadexec_validate_dnc import known as memory
from leadexec_validate_dnc.desk import ListDesk
from leadexec_validate_dnc.entries import DncHit, DncNumber, tables_of
from leadexec_validate_dnc.known import FRESH, KnownNumbers
from leadexec_validate_dnc.writing import add_batch

from leadexec import Storage
from leadexec.testing import FakeClock, FakeStorage, fake_services

pytestmark = pytest.mark.anyio
A, B, C = 12125550101, 12125550102, 12125550103


class Process:
    """A process of its own on a shared database."""

    def __init__(self, storage: Storage, clock: FakeClock) -> None:
        self.services = fake_services(storage=storage, clock=clock)
        self.known = KnownNumbers(self.services)
        self.desk = ListDesk(self.services, self.known)

    async def finds(self, *numbers: int) -> set[int]:
        return set(await self.known.entries(numbers))

    async def store(self, numbers: Sequence[int]) -> None:
        """Put many numbers on the list past this process's memory."""
        table, now = tables_of(self.services.storage).numbers, self.services.clock.now()
        act = partial(add_batch, table=table, numbers=numbers, note="", now=now)
        await self.services.storage.change(act)


class CountingStorage(FakeStorage):
    """Counts the reads, and lets a test stop them."""

    def __init__(self) -> None:
        super().__init__(DncNumber, DncHit)
        self.reads = 0
        self.gate: anyio.Event | None = None

    async def read(self, question: Any) -> Any:
        self.reads += 1
        if self.gate is not None:
            gate, self.gate = self.gate, None
            await gate.wait()
        return await super().read(question)


async def test_what_this_process_adds_is_found_at_once(storage: Storage) -> None:
    here = Process(storage, FakeClock())
    assert await here.finds(A) == set()
    await here.desk.add(str(A))
    assert await here.finds(A, B) == {A}


async def test_what_another_process_adds_is_found_within_the_stated_time(storage: Storage) -> None:
    clock = FakeClock()
    here, there = Process(storage, clock), Process(storage, clock)
    assert await here.finds(A) == set()
    await there.desk.add(str(A))
    await there.store([B])
    clock.advance(FRESH + 0.001)
    assert await here.finds(A, B, C) == {A, B}


async def test_what_another_process_removes_is_passed_at_once(storage: Storage) -> None:
    clock = FakeClock()
    here, there = Process(storage, clock), Process(storage, clock)
    await here.desk.add(str(A))
    assert await here.finds(A) == {A}
    await there.desk.remove(str(A))
    assert await here.finds(A) == set()


async def test_a_number_that_comes_back_is_found_again(storage: Storage) -> None:
    clock = FakeClock()
    here, there = Process(storage, clock), Process(storage, clock)
    await there.desk.add(str(A))
    assert await here.finds(A) == {A}
    await there.desk.remove(str(A))
    await there.desk.add(str(B))  # takes no id that was seen
    clock.advance(FRESH + 0.001)
    assert await here.finds(A, B) == {B}


async def test_a_list_of_many_pages_is_read_to_its_end(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "PAGE", 100)
    here = Process(storage, FakeClock())
    listed = [A + 7 * place for place in range(1_000)]
    await here.store(listed)
    assert await here.finds(A + 7 * 999, A + 1) == {A + 7 * 999}
    assert here.known.held == 1_000


async def test_within_a_second_nothing_is_read_for_a_number_that_is_not_listed() -> None:
    storage, clock = CountingStorage(), FakeClock()
    here = Process(storage, clock)
    await here.store([A])
    await here.finds(B)
    before = storage.reads
    clock.advance(FRESH)
    for number in range(B, B + 100):
        assert await here.finds(number) == set()
    assert storage.reads == before
    clock.advance(0.1)
    await here.finds(B)
    assert storage.reads == before + 1


async def test_a_lead_does_not_wait_for_another_that_reads_the_list() -> None:
    storage = CountingStorage()
    here = Process(storage, FakeClock())
    await here.store([A])
    gate = storage.gate = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(here.finds, A)
        await anyio.wait_all_tasks_blocked()
        assert await here.finds(A, B) == {A}
        gate.set()


async def test_what_is_added_while_the_list_is_read_is_found() -> None:
    storage = CountingStorage()
    here = Process(storage, FakeClock())
    await here.store([A])
    gate = storage.gate = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(here.finds, C)
        await anyio.wait_all_tasks_blocked()
        await here.desk.add(str(B))
        gate.set()
    assert await here.finds(A, B) == {A, B}


async def test_a_lead_that_gives_up_leaves_the_reading_to_the_next() -> None:
    storage = CountingStorage()
    here = Process(storage, FakeClock())
    await here.store([A])
    storage.gate = anyio.Event()
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(here.finds, A)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
    assert await here.finds(A) == {A}
    assert here.known.held == 1
