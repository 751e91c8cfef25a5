"""Two writers at once on PostgreSQL, where ids could otherwise overtake commits."""

from functools import partial

import anyio
import pytest
from leadexec_validate_dnc.entries import DncNumber
from leadexec_validate_dnc.known import FRESH, KnownNumbers
from leadexec_validate_dnc.writing import add_batch
from sqlalchemy import NullPool, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from leadexec import Storage
from leadexec.testing import FakeClock, fake_services

pytestmark = [pytest.mark.anyio, pytest.mark.postgresql]
A, B = 12125550101, 12125550102
WAITING = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


async def until_somebody_waits(storage: Storage) -> None:
    with anyio.fail_after(30):
        while not await storage.read(lambda connection: connection.scalar(WAITING)):
            pass


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_numbers_are_found_whichever_of_two_writers_would_commit_first(
    storage: Storage, postgresql_url: str
) -> None:
    clock = FakeClock()
    services = fake_services(storage=storage, clock=clock)
    known, table = KnownNumbers(services), storage.table(DncNumber)
    url = make_url(postgresql_url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, poolclass=NullPool)
    add = partial(add_batch, table=table, note="", now=clock.now())
    async with anyio.create_task_group() as group, engine.begin() as slow:
        await slow.run_sync(partial(add, numbers=[A]))
        group.start_soon(storage.change, partial(add, numbers=[B]))
        await until_somebody_waits(storage)
        assert await known.entries([A, B]) == {}
    clock.advance(FRESH + 0.001)
    assert set(await known.entries([A, B])) == {A, B}
