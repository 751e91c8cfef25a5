"""What a lead's distribution costs besides waiting for buyers, and its parts.

    python -m scripts.bench.distribution [--quick] [--json] [--postgresql URL]

Leads are stored as intake stores them (decided, one transaction each), then distributed by the
embedded runner: 50 delivery accounts match each, two of them buy, buyers answer at once. "handed"
is the usual way, from intake to the runner within the process; "backlog" takes leads that another
process, or this one before it stopped, has stored. Each sale is counted, so that a figure is only
printed for work that was done. Parts are measured in another run than the totals, on SQLite, where
a statement runs in the same thread; "everything else" is tasks, futures and the group commit.
"""

import argparse
import asyncio
import gc
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from leadexec.contracts.post import Post, PostedLead
from leadexec.delivery.attempt import Deliverer
from leadexec.distribution import selling
from leadexec.distribution.considering import Considered
from leadexec.distribution.distributor import Distributor
from leadexec.distribution.reserve import Reservations
from leadexec.distribution.settle import Settlements
from leadexec.distribution.walk import Walk
from leadexec.intake.intake import Intake
from leadexec.intake.post import PostedRequest
from leadexec.kernel import Kernel
from leadexec.model.source import Campaign
from leadexec.process import run, settle_memory
from leadexec.storage.tables import deliveries
from scripts.bench.market import a_kernel, a_market, lead_fields
from scripts.bench.parts import Parts
from scripts.bench.server import POSTGRESQL, a_server_database

SALES = 2
AT_ONCE = 64


@dataclass(kw_only=True)
class Row:
    """What was measured in one setting; times in microseconds per lead."""

    database: str
    strategy: str
    accounts: int
    way: str
    per_second: float
    wall: float
    cpu: float
    transactions: float
    alone: float = 0.0
    """Wall time of a lead that is distributed alone, its commits included; the median."""
    parts: dict[str, float] = field(default_factory=dict)


class Collector:
    """Takes leads from intake and keeps them until the measuring begins."""

    def __init__(self, owner: str, lease: timedelta, *, accepts: bool) -> None:
        """Lease leads to ``owner``, or to nobody."""
        self.owner = owner
        self.lease = lease
        self.offered: list[tuple[Any, ...]] = []
        self._accepts = accepts

    def accepting(self) -> bool:
        """Return whether leads are leased to the owner."""
        return self._accepts

    def offer(self, *lead: Any) -> None:
        """Keep a lead."""
        self.offered.append(lead)

    def begin(self, *_: Any) -> "asyncio.Task[None]":
        """Not used: no campaign here answers with its sales."""
        raise NotImplementedError


async def store_leads(
    kernel: Kernel, campaign: Campaign, count: int, accounts: int, *, handed: bool
) -> Collector:
    """Store leads through intake."""
    collector = Collector(kernel.runner.owner, kernel.runner.lease, accepts=handed)
    intake = Intake(
        kernel.catalog,
        kernel.store,
        kernel.intake._decider,
        taker=collector,
        clock=kernel.services.clock,
        answer_seconds=1.0,
        new_uid=kernel.new_uid,
    )
    chance = Random(11)  # noqa: S311  leads to measure with, not secrets

    async def post() -> None:
        request = PostedRequest(
            uid=kernel.new_uid(),
            received_at=kernel.services.clock.now(),
            post=Post(
                method="POST",
                path="/receiver/leads",
                content_type="application/json",
                remote_ip="192.0.2.1",
                body=b"{}",
            ),
        )
        fields = lead_fields(chance, accounts)
        await intake.receive(request, [PostedLead(campaign_id=campaign.id, fields=fields)])

    for done in range(0, count, AT_ONCE):
        await asyncio.gather(*(post() for _ in range(min(AT_ONCE, count - done))))
    return collector


async def sales(kernel: Kernel) -> int:
    """Return how many deliveries were accepted so far."""
    query = select(func.count()).select_from(deliveries).where(deliveries.c.state == "accepted")
    return await kernel.store.read(lambda connection: int(connection.scalar(query) or 0))


async def measure(
    kernel: Kernel, campaign: Campaign, count: int, accounts: int, way: str
) -> tuple[float, float, float]:
    """Distribute ``count`` leads; return wall and CPU time (µs) and writes per lead."""
    collector = await store_leads(kernel, campaign, count, accounts, handed=way == "handed")
    before, writes = await sales(kernel), 0
    written = kernel.store.write

    def counting(command: Any) -> Any:
        nonlocal writes
        writes += 1
        return written(command)

    kernel.store.write = counting  # type: ignore[method-assign]
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    await kernel.runner.start()
    for lead in collector.offered:
        kernel.runner.offer(*lead)
    await kernel.runner.until_idle()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    await kernel.runner.stop()
    kernel.runner._stopping = False
    kernel.store.write = written  # type: ignore[method-assign]
    made = await sales(kernel) - before
    if made != SALES * count:
        message = f"{made} sales of {SALES * count}"
        raise RuntimeError(message)
    return wall / count * 1e6, cpu / count * 1e6, writes / count


async def alone(kernel: Kernel, campaign: Campaign, count: int, accounts: int) -> float:
    """Return the median wall time of distributing one lead while nothing else runs, in µs."""
    collector = await store_leads(kernel, campaign, count, accounts, handed=True)
    await kernel.runner.start()
    samples = []
    for lead in collector.offered:
        began = time.perf_counter()
        uid, *handed = lead
        await kernel.runner.begin(uid, kernel.services.clock.monotonic() + 60.0, *handed)
        samples.append(time.perf_counter() - began)
    await kernel.runner.stop()
    kernel.runner._stopping = False
    return statistics.median(samples) * 1e6


MEASURED: tuple[tuple[Any, str, str], ...] = (
    (Walk, "run", "walk"),
    (Distributor, "run_job", "begin, read the lead"),
    (Considered, "_walk", "match"),
    (Considered, "all", "match"),
    (Considered, "offers", "rules, limits"),
    (Walk, "_left", "rules, limits"),
    (Walk, "_sort", "sort"),
    (Reservations, "reserve", "reserve (statements)"),
    (selling, "field_texts", "map"),
    (selling, "outgoing", "map"),
    (Deliverer, "attempt", "prepare, deliver"),
    (Settlements, "settle", "settle, end (statements)"),
)


@contextmanager
def taken_apart() -> Iterator[Parts]:
    """Measure the parts while the context lasts; begin it before the kernel is put together."""
    parts = Parts()
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in MEASURED]
    for owner, name, part in MEASURED:
        setattr(owner, name, parts.around(getattr(owner, name), part))
    try:
        yield parts
    finally:
        for owner, name, function in kept:
            setattr(owner, name, function)


async def in_setting(
    database: str, accounts: int, count: int, *, optimize: bool, rounds: int
) -> list[Row]:
    """Return the rows of one setting, each the best of some rounds."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        async with a_kernel(folder, database) as kernel:
            campaign = await a_market(kernel, accounts, optimize=optimize, most=SALES)
            settle_memory()
            await measure(kernel, campaign, count // 4, accounts, "handed")
            for way in ("handed", "backlog"):
                found = [
                    await measure(kernel, campaign, count, accounts, way) for _ in range(rounds)
                ]
                wall, cpu = min(f[0] for f in found), min(f[1] for f in found)
                rows.append(
                    Row(
                        database="postgresql" if database else "sqlite",
                        strategy="sorted" if optimize else "fixed order",
                        accounts=accounts,
                        way=way,
                        per_second=1e6 / wall,
                        wall=wall,
                        cpu=cpu,
                        transactions=found[0][2],
                    )
                )
            rows[0].alone = await alone(kernel, campaign, min(count, 300), accounts)
            gc.unfreeze()
    return rows


async def parts_of(accounts: int, count: int, *, optimize: bool) -> dict[str, float]:
    """Return the parts of a lead's CPU time on SQLite, in µs."""
    with tempfile.TemporaryDirectory() as folder, taken_apart() as parts:
        async with a_kernel(folder) as kernel:
            campaign = await a_market(kernel, accounts, optimize=optimize, most=SALES)
            await measure(kernel, campaign, count // 4, accounts, "handed")
            parts.seconds.clear()
            wall, _, _ = await measure(kernel, campaign, count, accounts, "handed")
    found = {part: seconds / count * 1e6 for part, seconds in parts.seconds.items()}
    return found | {"everything else": wall - sum(found.values())}


async def every_row(options: argparse.Namespace) -> tuple[list[Row], dict[str, dict[str, float]]]:
    """Measure all settings; return the totals, and the parts by setting."""
    sizes = (1_000,) if options.quick else (1_000, 10_000)
    count, rounds = (1_000, 1) if options.quick else (3_000, 3)
    rows: list[Row] = []
    parts: dict[str, dict[str, float]] = {}
    for accounts in sizes:
        for optimize in (False, True):
            rows += await in_setting("", accounts, count, optimize=optimize, rounds=rounds)
            async with a_server_database(options.postgresql) as url:
                if url:
                    rows += await in_setting(url, accounts, count, optimize=optimize, rounds=rounds)
            name = f"{'sorted' if optimize else 'fixed order'}, {accounts:,} accounts"
            parts[name] = await parts_of(accounts, count, optimize=optimize)
    return rows, parts


def report(rows: Sequence[Row], parts: dict[str, dict[str, float]]) -> None:
    """Print both tables."""
    console = Console(width=130)
    table = Table(title=f"Distribution without waiting for buyers, {SALES} sales a lead")
    for head in ("database", "strategy", "accounts", "way"):
        table.add_column(head)
    for head in ("leads/s", "wall µs/lead", "CPU µs/lead", "writes/lead", "alone µs"):
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(
            *(row.database, row.strategy, f"{row.accounts:,}", row.way, f"{row.per_second:,.0f}"),
            *(f"{row.wall:,.0f}", f"{row.cpu:,.0f}", f"{row.transactions:.1f}"),
            f"{row.alone:,.0f}" if row.alone else "",
        )
    console.print(table)
    table = Table(title="Its parts on SQLite, wall µs per lead")
    table.add_column("part")
    for name in parts:
        table.add_column(name, justify="right")
    for part in dict.fromkeys(part for found in parts.values() for part in found):
        table.add_row(part, *(f"{found.get(part, 0):,.0f}" for found in parts.values()))
    console.print(table)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="1 000 accounts, one round")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--postgresql", default=POSTGRESQL, help="empty: leave it out")
    options = parser.parse_args()
    rows, parts = run(every_row(options))
    if options.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "parts": parts}, indent=2))
    else:
        report(rows, parts)


if __name__ == "__main__":
    main()
