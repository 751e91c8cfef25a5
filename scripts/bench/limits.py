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
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from itertools import count
from random import Random

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
from scripts.bench.bare_limits import (
    CONNECTIONS,
    PIECES,
    Sold,
    per_second,
    postgresql_floor,
    postgresql_looks_first,
    sqlite_floor,
    sqlite_looks_first,
)
from scripts.bench.server import POSTGRESQL, a_server_database

CALLERS = (1, 8, 32, 64)
NOW = FakeClock().now()


@dataclass(kw_only=True)
class Row:
    """What was measured in one setting."""

    database: str
    accounts: int
    who: str
    callers: int
    per_second: float
    ratio: float = 1.0


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
        await desk.lease(2 * PIECES)

        async def wish() -> None:
            nonlocal sold
            had_room = await desk.reserve(1, PIECES)
            sold += had_room

        await per_second(wish, CALLERS[-1], 2 * PIECES)
        counted = await desk.used() - before
    return Sold(database=database, who="reservation", sold=sold, counted=counted)


async def on_sqlite(times: int) -> tuple[list[Row], list[Sold]]:
    """Measure SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        floors = {n: sqlite_floor(folder, n, times) for n in (1, PIECES)}
        rows = [_floor("sqlite", n, 1, found) for n, found in floors.items()]
        rows += await desk_rows(f"sqlite:///{folder}/rows.sqlite3", "sqlite", floors, times)
        desk = await desk_sells(f"sqlite:///{folder}/sells.sqlite3", "sqlite")
        return rows, [desk, await asyncio.to_thread(sqlite_looks_first, folder)]


async def on_postgresql(server: str, times: int) -> tuple[list[Row], list[Sold]]:
    """Measure PostgreSQL; nothing where it does not answer."""
    rows: list[Row] = []
    async with a_server_database(server) as url:
        if not url:
            return [], []
        floors = {}
        for accounts in (1, PIECES):
            floors[accounts] = await postgresql_floor(url, accounts, 1, times // 4)
            rows.append(_floor("postgresql", accounts, 1, floors[accounts]))
            found = await postgresql_floor(url, accounts, CONNECTIONS, times)
            ratio = found / floors[accounts]
            rows.append(_floor("postgresql", accounts, CONNECTIONS, found, ratio))
        looking = await postgresql_looks_first(url)
        rows += await desk_rows(url, "postgresql", floors, times)
    async with a_server_database(server) as url:
        return rows, [await desk_sells(url, "postgresql"), looking]


def _floor(database: str, accounts: int, callers: int, found: float, ratio: float = 1.0) -> Row:
    return Row(
        database=database,
        accounts=accounts,
        who="bare UPDATE",
        callers=callers,
        per_second=found,
        ratio=ratio,
    )


def report(rows: Sequence[Row], sold: Sequence[Sold]) -> None:
    """Print both tables."""
    console = Console(width=110)
    table = Table(title="Taking up a limit, durable each time")
    for head in ("database", "accounts", "who"):
        table.add_column(head)
    for head in ("callers", "a second", "× one bare UPDATE at a time"):
        table.add_column(head, justify="right")
    for row in sorted(rows, key=lambda r: (r.database, r.accounts, r.who, r.callers)):
        table.add_row(
            *(row.database, f"{row.accounts:,}", row.who, f"{row.callers}"),
            *(f"{row.per_second:,.0f}", f"{row.ratio:.2f}"),
        )
    console.print(table)
    table = Table(title=f"{PIECES:,} pieces and twice as many wishes at once")
    for head in ("database", "who", "sold", "counted", "oversold"):
        table.add_column(head, justify="right" if head not in ("database", "who") else "left")
    for one in sold:
        over = max(0, one.sold - PIECES)
        table.add_row(one.database, one.who, f"{one.sold:,}", f"{one.counted:,}", f"{over:,}")
    console.print(table)


async def everything(options: argparse.Namespace) -> tuple[list[Row], list[Sold]]:
    """Measure what the options ask for."""
    times = 1_600 if options.quick else 12_800
    rows, sold = await on_sqlite(times)
    more, also = await on_postgresql(options.postgresql, times)
    return rows + more, sold + also


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="an eighth of the reservations")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--postgresql", default=POSTGRESQL, help="empty: leave it out")
    options = parser.parse_args()
    rows, sold = run(everything(options))
    if options.json:
        found = {"rows": [asdict(row) for row in rows], "sold": [asdict(one) for one in sold]}
        print(json.dumps(found, indent=2))
    else:
        report(rows, sold)


if __name__ == "__main__":
    main()
