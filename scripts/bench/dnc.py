"""The do not contact list: importing millions of numbers, and looking up a lead's phone in them.

    python -m scripts.bench.dnc [--quick] [--json] [--postgresql URL]

A list of random American numbers is imported from a file with one number a line, then once more,
when all of them are there already; memory is the process's most, and what it had before. The floor
is the bare driver inserting the file's numbers into a table that has nothing else, with as many in
a transaction. A lookup is the check's verdict on a lead whose phone is not on the list, on one
whose phone is, and the question to the database that is asked as long as the list is not in memory.
The floors are Python's set of all the numbers, and the bare driver's SELECT by primary key. Each
step has a process of its own.
"""

import argparse
import asyncio
import json
import resource
import sqlite3
import statistics
import tempfile
import time
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from leadexec_validate_dnc.entries import DncHit, DncNumber, tables_of
from leadexec_validate_dnc.importing import BATCH, BLOCK, import_numbers
from leadexec_validate_dnc.known import KnownNumbers
from leadexec_validate_dnc.questions import entry_ids
from leadexec_validate_dnc.settings import DncSettings
from leadexec_validate_dnc.validator import DoNotContact
from rich.console import Console
from rich.table import Table

from leadexec import Services, ValidatorSetup
from leadexec.model.registry import EntityRegistry
from leadexec.process import run
from leadexec.security.secrets import Cipher
from leadexec.services import SystemClock
from leadexec.storage.database import open_database
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.migrations import upgrade
from leadexec.storage.owners import owners_of
from leadexec.storage.plugin_storage import PluginStorage
from leadexec.storage.store import Store
from leadexec.testing import a_lead, a_lead_type_info, fake_services
from scripts.bench.bare_limits import sqlite_connection
from scripts.bench.memory import megabytes
from scripts.bench.server import POSTGRESQL, a_server_database

T = TypeVar("T")
SIZES = (1_000_000, 5_000_000)
QUICK = (100_000,)
LOOKUPS = 100_000
FILE = "numbers.txt"
CACHES = ("PRAGMA cache_size=-32768", "PRAGMA wal_autocheckpoint=8192")
"""As the kernel sets them."""


@dataclass(kw_only=True)
class Import:
    """What an import took."""

    numbers: int
    who: str
    seconds: float
    again_seconds: float
    before_megabytes: float
    peak_megabytes: float
    on_disk_megabytes: float


@dataclass(kw_only=True)
class Lookup:
    """What lookups took."""

    numbers: int
    who: str
    p50_us: float
    p99_us: float
    load_seconds: float = 0.0
    memory_megabytes: float = 0.0


def number(chance: Random) -> int:
    """Return a random number of ten digits."""
    return chance.randrange(200, 1_000) * 10**7 + chance.randrange(2_000_000, 10_000_000)


def strangers() -> list[int]:
    """Return numbers to look up, hardly any of them on the list."""
    chance = Random(8)  # noqa: S311  numbers to measure with, not secrets
    return [number(chance) for _ in range(LOOKUPS)]


def listed(folder: str) -> list[int]:
    """Return numbers that are on the list, as many as there are to look up."""
    with (Path(folder) / FILE).open(encoding="ascii") as file:
        return [int(line) for line in islice(file, LOOKUPS)]


def peak() -> float:
    """Return the most memory of this process, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write_file(folder: str, numbers: int) -> None:
    """Write the file to import."""
    chance = Random(7)  # noqa: S311  numbers to measure with, not secrets
    with (Path(folder) / FILE).open("w", encoding="ascii") as file:
        file.writelines(f"{number(chance)}\n" for _ in range(numbers))


# --- floors


def bare_import(folder: str, numbers: int) -> Import:
    """Measure the bare driver."""
    before = megabytes()
    path = Path(folder) / "floor.sqlite3"
    connection = sqlite_connection(str(path))
    for pragma in CACHES:
        connection.execute(pragma)
    connection.execute("CREATE TABLE floor (number INTEGER PRIMARY KEY)")

    def insert() -> float:
        began = time.perf_counter()
        with (Path(folder) / FILE).open(encoding="ascii") as file:
            while batch := [(int(line),) for line in islice(file, BATCH)]:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("INSERT OR IGNORE INTO floor VALUES (?)", batch)
                connection.execute("COMMIT")
        return time.perf_counter() - began

    first, again = insert(), insert()
    connection.close()
    return Import(
        numbers=numbers,
        who="bare driver, sqlite",
        seconds=first,
        again_seconds=again,
        before_megabytes=before,
        peak_megabytes=peak(),
        on_disk_megabytes=path.stat().st_size / 2**20,
    )


def in_a_set(folder: str, numbers: int) -> Lookup:
    """Measure Python's set."""
    with (Path(folder) / FILE).open(encoding="ascii") as file:
        every = array("Q", map(int, file))
    before, began = megabytes(), time.perf_counter()
    known = set(every)
    load = time.perf_counter() - began
    times = []
    for wanted in strangers():
        started = time.perf_counter_ns()
        _ = wanted in known
        times.append(time.perf_counter_ns() - started)
    return of_times(
        numbers, "a set", times, load_seconds=load, memory_megabytes=megabytes() - before
    )


def by_key(folder: str, numbers: int) -> Lookup:
    """Measure the bare driver's SELECT."""
    connection = sqlite3.connect(Path(folder) / "floor.sqlite3", isolation_level=None)
    for pragma in CACHES:
        connection.execute(pragma)
    times = []
    for wanted in strangers():
        started = time.perf_counter_ns()
        connection.execute("SELECT 1 FROM floor WHERE number = ?", (wanted,)).fetchone()
        times.append(time.perf_counter_ns() - started)
    connection.close()
    return of_times(numbers, "bare SELECT by key, sqlite", times)


def of_times(numbers: int, who: str, times: Sequence[int], **more: float) -> Lookup:
    """Return what many single times, in nanoseconds, come to."""
    slow = statistics.quantiles(times, n=100)[98]
    p50 = statistics.median(times)
    return Lookup(numbers=numbers, who=who, p50_us=p50 / 1e3, p99_us=slow / 1e3, **more)


# --- the list


@asynccontextmanager
async def a_system(url: str) -> AsyncIterator[Services]:
    """Open the database with the tables of the list."""
    clock = SystemClock()
    tables = EntityTables(EntityRegistry([("validate-dnc", DncNumber), ("validate-dnc", DncHit)]))
    store = Store(open_database(url))
    await upgrade(store.database, owners_of(tables))
    try:
        storage = PluginStorage(store, tables, Cipher([bytes(32)]), clock)
        yield fake_services(storage=storage, clock=clock)
    finally:
        await store.aclose()


def import_file(folder: str, numbers: int, url: str) -> Import:
    """Measure an import, and the same again."""
    return run(_import_file(folder, numbers, url))


async def _import_file(folder: str, numbers: int, url: str) -> Import:
    async def blocks() -> AsyncIterator[bytes]:
        with (Path(folder) / FILE).open("rb") as file:
            while block := await asyncio.to_thread(file.read, BLOCK):
                yield block

    async with a_system(url) as services:
        before, seconds = megabytes(), []
        for _ in range(2):
            began = time.perf_counter()
            report = await import_numbers(services, KnownNumbers(services), blocks())
            seconds.append(time.perf_counter() - began)
        if report.added or report.duplicates != numbers:
            raise RuntimeError(report)
    path = Path(folder) / "list.sqlite3"
    return Import(
        numbers=numbers,
        who=f"import, {url.partition(':')[0]}",
        seconds=seconds[0],
        again_seconds=seconds[1],
        before_megabytes=before,
        peak_megabytes=peak(),
        on_disk_megabytes=path.stat().st_size / 2**20 if "sqlite" in url else 0.0,
    )


def look_up(folder: str, numbers: int, url: str) -> list[Lookup]:
    """Measure the check and the question behind it."""
    return run(_look_up(folder, numbers, url))


async def _look_up(folder: str, numbers: int, url: str) -> list[Lookup]:
    database = url.partition(":")[0]
    async with a_system(url) as services:
        table = tables_of(services.storage).numbers
        known = KnownNumbers(services)
        setup = ValidatorSetup(campaign_id=1, lead_type=a_lead_type_info(), services=services)
        check = DoNotContact.over(known)(DncSettings(), setup)

        async def ask(wanted: int) -> Any:
            found = [10_000_000_000 + wanted]
            return await services.storage.read(lambda c: entry_ids(c, table, found))

        before, began = megabytes(), time.perf_counter()
        lead = a_lead()
        while not known.is_fresh:  # each lead reads on for a tenth of a second
            await check.check(lead)
        load, memory = time.perf_counter() - began, megabytes() - before
        leads = [a_lead(fields={"Phone": str(wanted)}) for wanted in strangers()]
        hits = [a_lead(fields={"Phone": str(w)}) for w in listed(folder)[: LOOKUPS // 20]]
        asked = strangers()[: LOOKUPS // 20]
        return [
            of_times(
                numbers,
                f"check, not listed, {database}",
                await each(check.check, leads),
                load_seconds=load,
                memory_megabytes=memory,
            ),
            of_times(numbers, f"check, listed, {database}", await each(check.check, hits)),
            of_times(numbers, f"not in memory yet, {database}", await each(ask, asked)),
        ]


async def each(act: Callable[[T], Awaitable[Any]], items: Sequence[T]) -> list[int]:
    """Return the nanoseconds that ``act`` took for each of ``items``."""
    times = []
    for item in items:
        started = time.perf_counter_ns()
        await act(item)
        times.append(time.perf_counter_ns() - started)
    return times


# --- all of it


def measure(numbers: int, server: str) -> tuple[list[Import], list[Lookup]]:
    """Measure a list of ``numbers`` on SQLite, and on PostgreSQL where a server answers."""
    with tempfile.TemporaryDirectory() as folder:
        elsewhere(write_file, folder, numbers)
        imports = [elsewhere(bare_import, folder, numbers)]
        lookups = [elsewhere(floor, folder, numbers) for floor in (in_a_set, by_key)]

        def on(url: str) -> None:
            imports.append(elsewhere(import_file, folder, numbers, url))
            lookups.extend(elsewhere(look_up, folder, numbers, url))

        on(f"sqlite:///{folder}/list.sqlite3")

        async def on_server() -> None:
            async with a_server_database(server) as url:
                if url:
                    await asyncio.to_thread(on, url)

        asyncio.run(on_server())
    return imports, lookups


def elsewhere(act: Callable[..., T], *arguments: Any) -> T:
    """Run ``act`` in a process of its own, so that memory is what that one thing takes."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(act, *arguments).result()


def report(imports: Sequence[Import], lookups: Sequence[Lookup]) -> None:
    """Print both tables."""
    console = Console(width=120)
    table = Table(title=f"Importing a do not contact list, {BATCH:,} numbers in a transaction")
    table.add_column("who")
    for head in ("numbers", "seconds", "a second", "again s", "before MB", "peak MB", "disk MB"):
        table.add_column(head, justify="right")
    for one in imports:
        table.add_row(
            *(one.who, f"{one.numbers:,}", f"{one.seconds:,.1f}"),
            *(f"{one.numbers / one.seconds:,.0f}", f"{one.again_seconds:,.1f}"),
            *(f"{one.before_megabytes:,.0f}", f"{one.peak_megabytes:,.0f}"),
            f"{one.on_disk_megabytes:,.0f}" if one.on_disk_megabytes else "",
        )
    console.print(table)
    table = Table(title="Looking up one number")
    table.add_column("who")
    for head in ("numbers", "p50 µs", "p99 µs", "to memory s", "memory MB"):
        table.add_column(head, justify="right")
    for found in lookups:
        table.add_row(
            *(found.who, f"{found.numbers:,}", f"{found.p50_us:,.2f}", f"{found.p99_us:,.2f}"),
            f"{found.load_seconds:,.1f}" if found.load_seconds else "",
            f"{found.memory_megabytes:,.0f}" if found.memory_megabytes else "",
        )
    console.print(table)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a hundred thousand numbers")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--postgresql", default=POSTGRESQL, help="empty: leave it out")
    options = parser.parse_args()
    imports: list[Import] = []
    lookups: list[Lookup] = []
    for numbers in QUICK if options.quick else SIZES:
        more, also = measure(numbers, options.postgresql)
        imports += more
        lookups += also
    if options.json:
        found = {
            "imports": [asdict(one) for one in imports],
            "lookups": [asdict(one) for one in lookups],
        }
        print(json.dumps(found, indent=2))
    else:
        report(imports, lookups)


if __name__ == "__main__":
    main()
