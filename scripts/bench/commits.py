"""How many one-row inserts a second are made durable, by callers at once, beside the floor.

    python -m scripts.bench.commits [--quick] [--postgresql URL] [--seconds 2]

The floor is the bare driver with one transaction per insert, measured in the same run.
"""

import argparse
import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, String, Table, insert

from leadexec.storage.columns import JsonColumn, MoneyColumn, UtcDateTime
from leadexec.storage.columns import unscale_money as money
from leadexec.storage.database import StorageSettings, open_database
from leadexec.storage.store import Store
from leadexec.testing import FakeClock

CALLERS = (1, 8, 32, 128)
NOW = FakeClock().now()
metadata = MetaData()
rows = Table(
    "bench_rows",
    metadata,
    Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("uid", String(36), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("price", MoneyColumn, nullable=False),
    Column("fields", JsonColumn, nullable=False),
)
INSERT = insert(rows)
FIELDS = {"FirstName": "Ada", "LastName": "Lovelace", "Email": "ada@example.org", "Zip": "90210"}


class AddRow:
    """The command: one row."""

    __slots__ = ("uid",)

    def __init__(self, uid: str) -> None:
        self.uid = uid


def add_rows(connection: Connection, commands: Sequence[AddRow]) -> Sequence[None]:
    """Insert a batch with one statement."""
    values = [{"uid": c.uid, "at": NOW, "price": money(125), "fields": FIELDS} for c in commands]
    connection.execute(INSERT, values)
    return [None] * len(commands)


async def per_second(act: Callable[[], Awaitable[Any]], callers: int, seconds: float) -> float:
    """Return how often ``act`` is done a second by ``callers`` at once."""
    done = 0
    end = time.perf_counter() + seconds

    async def call() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await act()
            done += 1

    start = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(callers)))
    return done / (time.perf_counter() - start)


def sqlite_floor(path: str, seconds: float) -> float:
    """Return bare ``sqlite3`` inserts a second, one transaction each, synced."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE floor (uid TEXT, at INTEGER, price INTEGER, fields TEXT)")
    done = 0
    start = time.perf_counter()
    while time.perf_counter() < start + seconds:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO floor VALUES (?, 1, 125, ?)", ("u" * 36, str(FIELDS)))
        connection.execute("COMMIT")
        done += 1
    elapsed = time.perf_counter() - start
    connection.close()
    return done / elapsed


async def postgresql_floor(url: str, seconds: float) -> float:
    """Return bare asyncpg inserts a second, one transaction each, by one caller."""
    connection = await asyncpg.connect(url)
    await connection.execute("DROP TABLE IF EXISTS bench_floor")
    await connection.execute("CREATE TABLE bench_floor (uid text, at bigint, price bigint, f text)")
    statement = await connection.prepare("INSERT INTO bench_floor VALUES ($1, 1, 125, $2)")
    found = await per_second(lambda: statement.fetch("u" * 36, str(FIELDS)), 1, seconds)
    await connection.execute("DROP TABLE bench_floor")
    await connection.close()
    return found


async def measure(url: str, label: str, floor: float, seconds: float, writers: int = 1) -> None:
    """Print one line per number of callers."""
    store = Store(open_database(url, StorageSettings(writers=writers)))
    await store.database.maintain(metadata.drop_all)
    await store.database.maintain(metadata.create_all)
    write = store.handle(AddRow, add_rows)
    print(f"{label:<26}{'floor':>8}{floor:>10,.0f}/s")
    for callers in CALLERS:
        found = await per_second(lambda: write(AddRow("u" * 36)), callers, seconds)
        print(f"{label:<26}{callers:>8}{found:>10,.0f}/s{found / floor:>8.1f} × floor")
    await store.database.maintain(metadata.drop_all)
    await store.aclose()


async def main() -> None:
    """Measure both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgresql", default="postgresql://postgres@127.0.0.1:5432/postgres")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--quick", action="store_true", help="a quarter of a second each")
    arguments = parser.parse_args()
    seconds = 0.25 if arguments.quick else arguments.seconds
    with tempfile.TemporaryDirectory() as folder:
        floor = sqlite_floor(f"{folder}/floor.sqlite3", seconds)
        await measure(f"sqlite:///{folder}/bench.sqlite3", "sqlite", floor, seconds)
    floor = await postgresql_floor(arguments.postgresql, seconds)
    for writers in (1, 2):
        label = f"postgresql, {writers} writer(s)"
        await measure(arguments.postgresql, label, floor, seconds, writers)


if __name__ == "__main__":
    asyncio.run(main())
