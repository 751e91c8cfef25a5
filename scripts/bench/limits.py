"""How many reservations a second take up a limit, never exceeding it, beside a bare UPDATE.

    python -m scripts.bench.limits [--quick] [--json] [--postgresql URL]

A reservation is the real command: the lease is checked, the limit taken up, the delivery inserted,
durable before the caller goes on; callers at once share their transactions. The floor is the bare
driver with one conditional UPDATE, and nothing else, per transaction. All accounts have one limit;
"1 account" is the hot one that every lead wants. The second table sells 1,000 pieces to twice as
many callers' wishes: by reservations, and by looking first and writing then, as is often done.
"""

import argparse
import asyncio
import json
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from leadexec.contracts.automation import Candidate
from leadexec.contracts.eligibility import Limit
from leadexec.distribution.reserve import Offer, Reservations, Reserve
from leadexec.plugins import FaultLog
from leadexec.process import run
from leadexec.storage.database import StorageSettings, open_database
from leadexec.storage.job_rows import DISTRIBUTE, insert_jobs, new_job
from leadexec.storage.migrations import upgrade
from leadexec.storage.owners import KERNEL_OWNER
from leadexec.storage.store import Store
from leadexec.storage.tables import counters
from leadexec.testing import FakeClock
from scripts.bench.server import POSTGRESQL, a_server_database

CALLERS = (1, 8, 32, 64)
CONNECTIONS = 16
PIECES = 1_000
NOW = FakeClock().now()
CREATE = "CREATE TABLE floor (key TEXT PRIMARY KEY, used BIGINT NOT NULL, most BIGINT NOT NULL)"
TAKE = "UPDATE floor SET used = used + 1 WHERE key = {} AND used + 1 <= most"


@dataclass(kw_only=True)
class Row:
    """What was measured in one setting."""

    database: str
    accounts: int
    who: str
    callers: int
    per_second: float
    ratio: float = 1.0


@dataclass(kw_only=True)
class Sold:
    """What became of 1,000 pieces."""

    database: str
    who: str
    sold: int
    counted: int
    """What the counter says in the end."""


async def per_second(act: Callable[[], Awaitable[Any]], callers: int, times: int) -> float:
    """Return how often ``act`` is done a second by ``callers`` at once, over ``times``."""
    turns = iter(range(times))

    async def call() -> None:
        for _ in turns:
            await act()

    began = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(callers)))
    return times / (time.perf_counter() - began)


class Desk:
    """Reserves for leads that are leased to it, one after another."""

    def __init__(self, store: Store) -> None:
        """Reserve through ``store``."""
        self.store = store
        self._leads: Iterator[int] = count(1)
        self._leased = 0
        self._next = 0
        self._chance = Random(5)  # noqa: S311  accounts to measure with, not secrets
        store.handle(Reserve, Reservations(FaultLog()).reserve)

    async def lease(self, leads: int) -> None:
        """Store the jobs of that many more leads."""
        first, self._leased = self._leased + 1, self._leased + leads
        rows = [
            new_job(DISTRIBUTE, f"lead {i}", {}, NOW, "bench")
            for i in range(first, self._leased + 1)
        ]
        await self.store.change(lambda connection: insert_jobs(connection, rows))

    async def reserve(self, accounts: int, most: int) -> bool:
        """Reserve the next lead for any of ``accounts``; return whether there was room."""
        account, lead = self._chance.randrange(accounts), next(self._leads)
        limit = Limit(key=f"account:{account}:day", window=f"of {accounts}, {most}", limit=most)
        candidate = Candidate(account_id=account, client_id=account, price=Decimal(5))
        reserved = await self.store.write(
            Reserve(
                lead_uid=f"lead {lead}",
                delivery_uid=f"delivery {lead}",
                offers=[Offer(candidate=candidate, method_id=1, limits=(limit,))],
                now=NOW,
                owner="bench",
                slots=1,
                sold=0,
            )
        )
        if reserved.lost:
            raise LookupError(lead)
        return reserved.chosen is not None

    async def used(self) -> int:
        """Return what all counters say together."""
        query = select(func.sum(counters.c.used))
        return await self.store.read(lambda connection: int(connection.scalar(query) or 0))


@asynccontextmanager
async def a_desk(url: str) -> AsyncIterator[Desk]:
    """Open a desk on a fresh database."""
    store = Store(open_database(url, StorageSettings()))
    await upgrade(store.database, [KERNEL_OWNER])
    try:
        yield Desk(store)
    finally:
        await store.aclose()


async def desk_rows(url: str, database: str, floors: dict[int, float], times: int) -> list[Row]:
    """Return the rows of the real command, with its ratios to the floors by number of accounts."""
    rows = []
    async with a_desk(url) as desk:
        expected = 0
        for accounts, floor in floors.items():
            for callers in CALLERS:
                turns = min(times, callers * times // 16)
                await desk.lease(turns)
                found = await per_second(
                    lambda accounts=accounts: desk.reserve(accounts, 10**9),  # type: ignore[misc]
                    callers,
                    turns,
                )
                expected += turns
                rows.append(
                    Row(
                        database=database,
                        accounts=accounts,
                        who="reservation",
                        callers=callers,
                        per_second=found,
                        ratio=found / floor,
                    )
                )
        if await desk.used() != expected:
            message = f"{await desk.used()} counted of {expected}"
            raise RuntimeError(message)
    return rows


async def desk_sells(url: str, database: str) -> Sold:
    """Sell 1,000 pieces to 2,000 wishes of 64 callers by reservations."""
    async with a_desk(url) as desk:
        before, sold = await desk.used(), 0
        await desk.lease(2 * PIECES + 10**5)

        async def wish() -> None:
            nonlocal sold
            sold += await desk.reserve(1, PIECES)

        await per_second(wish, CALLERS[-1], 2 * PIECES)
        counted = await desk.used() - before
    return Sold(database=database, who="reservation", sold=sold, counted=counted)
