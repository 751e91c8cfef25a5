"""How much memory and time a catalog of many delivery accounts takes, and one change in it.

    python -m scripts.bench.memory [--quick] [--json]

The accounts, with four criteria and two limits each, stand in an SQLite file; a kernel loads them
as at every start: read, checked, compiled, entered into the index. Memory is the process's resident
memory after less before. A change is a new price and new criteria for one account, as the catalog
takes it over from another process; whoever reads meanwhile waits for it, so its time is a delay of
leads. Each number of accounts has a process of its own.
"""

import argparse
import gc
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import TypeVar

from msgspec import structs
from rich.console import Console
from rich.table import Table

from leadexec.assembly import Kernel, assemble
from leadexec.criteria import All, FieldTest, Operator
from leadexec.process import run, settle_memory
from scripts.bench.market import MATCHES, a_kernel, a_market, plugins, settings_in

T = TypeVar("T")
SIZES = (1_000, 10_000, 100_000)
CHANGES = 500


@dataclass(kw_only=True)
class Row:
    """What was measured with one number of accounts."""

    accounts: int
    empty_megabytes: float
    """Resident memory of the kernel with nothing in its catalog."""
    catalog_megabytes: float
    peak_megabytes: float
    load_seconds: float
    change_us: float
    change_p99_us: float
    first_order_ms: float
    """The first lead after the load: it puts the accounts into the strategy's order."""


def megabytes() -> float:
    """Return the resident memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def measure(folder: str, accounts: int) -> Row:
    """Measure the accounts stored in ``folder``."""
    return run(_measure(folder, accounts))


def fill(folder: str, accounts: int) -> None:
    """Store the accounts."""

    async def store() -> None:
        async with a_kernel(folder) as kernel:
            await a_market(kernel, accounts, optimize=False)

    run(store())


async def _measure(folder: str, accounts: int) -> Row:
    async with AsyncExitStack() as stack:
        kernel = assemble(settings_in(folder), stack, found=plugins())
        gc.collect()
        empty = megabytes()
        began = time.perf_counter()
        await kernel.loader.load()
        load = time.perf_counter() - began
        if len(kernel.catalog.accounts) != accounts:
            message = f"{len(kernel.catalog.accounts)} accounts of {accounts}"
            raise RuntimeError(message)
        settle_memory()
        loaded = megabytes()
        first = first_order(kernel)
        changes = list(changed(kernel, accounts))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Row(
        accounts=accounts,
        empty_megabytes=empty,
        catalog_megabytes=loaded - empty,
        peak_megabytes=peak,
        load_seconds=load,
        change_us=statistics.median(changes) * 1e6,
        change_p99_us=statistics.quantiles(changes, n=100)[98] * 1e6,
        first_order_ms=first * 1e3,
    )


def first_order(kernel: Kernel) -> float:
    """Return the seconds until the accounts stand in the campaign's order."""
    (campaign,) = kernel.catalog.campaigns.values()
    if campaign.automation is None:
        raise LookupError(campaign.entity.name)
    began = time.perf_counter()
    kernel.catalog.static_order(campaign.entity.lead_type, campaign.automation)
    return time.perf_counter() - began


def changed(kernel: Kernel, accounts: int) -> Iterator[float]:
    """Yield the seconds that each change of one account took."""
    chance = Random(3)  # noqa: S311  accounts to measure with, not secrets
    for _ in range(CHANGES):
        number = chance.randint(1, accounts)
        known = kernel.catalog.entities["delivery_account"][number]
        city = f"City {chance.randrange(accounts // MATCHES)}"
        score = str(chance.randrange(300, 500))
        made = structs.replace(
            known,
            price=Decimal(chance.randrange(500, 9_000)) / 100,
            criteria=All(
                items=(
                    FieldTest(field="City", operator=Operator.IS_ANY_OF, values=(city,)),
                    FieldTest(field="CreditScore", operator=Operator.AT_LEAST, values=(score,)),
                )
            ),
        )
        began = time.perf_counter()
        kernel.catalog.apply([("delivery_account", number, made)], kernel.catalog.revision + 1)
        yield time.perf_counter() - began


def report(rows: Sequence[Row]) -> None:
    """Print the table."""
    table = Table(title="A catalog of delivery accounts in memory")
    heads = ("accounts", "empty MB", "catalog MB", "KB an account", "peak MB")
    for head in (*heads, "load s", "change µs", "change p99 µs", "first order ms"):
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(
            *(f"{row.accounts:,}", f"{row.empty_megabytes:,.0f}", f"{row.catalog_megabytes:,.0f}"),
            f"{row.catalog_megabytes * 1024 / row.accounts:.1f}",
            *(f"{row.peak_megabytes:,.0f}", f"{row.load_seconds:,.1f}", f"{row.change_us:,.0f}"),
            *(f"{row.change_p99_us:,.0f}", f"{row.first_order_ms:,.1f}"),
        )
    Console(width=120).print(table)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="leave out 100 000 accounts")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    rows = []
    for accounts in SIZES[:2] if options.quick else SIZES:
        with tempfile.TemporaryDirectory() as folder:
            _elsewhere(fill, folder, accounts)
            rows.append(_elsewhere(measure, folder, accounts))
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        report(rows)


def _elsewhere(act: Callable[[str, int], T], folder: str, accounts: int) -> T:
    """Run ``act`` in a process of its own, so that memory is what that one thing takes."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(act, folder, accounts).result()


if __name__ == "__main__":
    main()
