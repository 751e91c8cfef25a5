"""Measure how one lead finds its delivery accounts: the index beside closures and other engines.

Run ``python scripts/bench/matching.py [--quick] [--json]``. Every account has one to six criteria
over twenty fields; about 13 % of the accounts match a lead. All contenders must find the same
accounts. "closures" is our own compiled test of each account in a loop, with the lead's values
worked out once.
"""

import argparse
import gc
import json
import random
import resource
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from leadexec.criteria import (
    All,
    CompiledCriteria,
    Criteria,
    CriteriaIndex,
    Facts,
    FieldKind,
    FieldTest,
    Operator,
    PatternTest,
    compile_criteria,
)
from scripts.bench.engines import NOW, as_plain, logic_rules, rule_engine_rules, zen_rules

SIZES = (1_000, 10_000, 100_000)
PROTOTYPE = {1_000: 58, 10_000: 157, 100_000: 786}
WANTED = {1_000: 4, 10_000: 70, 100_000: 210}
ENGINES_AT = 1_000
FIRST = 20
ZIPS = [f"{number:05d}" for number in range(601, 99_951, 2)][:41_000]
CHOICES = {
    "State": [f"S{i:02d}" for i in range(50)],
    "Credit": ["excellent", "good", "fair", "poor", "none"],
    "Type": [f"type {i}" for i in range(8)],
    "Purpose": [f"purpose {i}" for i in range(10)],
    "Employment": [f"job {i}" for i in range(6)],
    "Source": [f"source {i}" for i in range(30)],
    "Language": ["en", "es", "fr", "zh", "vi"],
    "Property": [f"property {i}" for i in range(7)],
    "City": [f"city {i}" for i in range(2_000)],
}
AMOUNTS = {
    "Score": (300, 850, 1),
    "Loan": (10_000, 900_000, 1_000),
    "Income": (0, 400_000, 500),
    "Value": (50_000, 2_000_000, 1),
    "Age": (18, 90, 1),
    "Debt": (0, 90_000, 1),
}
SCHEMA = {
    "Zip": FieldKind.TEXT,
    "Email": FieldKind.TEXT,
    "Owner": FieldKind.BOOLEAN,
    "Military": FieldKind.BOOLEAN,
    "Closing": FieldKind.DATETIME,
    **dict.fromkeys(CHOICES, FieldKind.TEXT),
    **dict.fromkeys(AMOUNTS, FieldKind.NUMBER),
}
DOMAINS = [f"mail{i}.example" for i in range(40)]
PATTERNS = [f"@mail[{a}-9]?{b}[.]" for a in range(8) for b in range(10)]
PATTERNS += [f"^lead[{a}-9][0-9]*@(?:mail|post)[{b}-9]" for a in range(5) for b in range(4)]


def a_lead(rng: random.Random) -> dict[str, Any]:
    """Return a lead with all twenty fields."""
    lead: dict[str, Any] = {name: rng.choice(values) for name, values in CHOICES.items()}
    lead |= {name: Decimal(rng.randrange(*span)) for name, span in AMOUNTS.items()}
    lead["Zip"] = rng.choice(ZIPS)
    lead["Email"] = f"lead{rng.randrange(9_999)}@{rng.choice(DOMAINS)}"
    lead["Owner"], lead["Military"] = rng.random() < 0.6, rng.random() < 0.4
    lead["Closing"] = NOW + timedelta(days=rng.randrange(-200, 200))
    return lead


def an_account(rng: random.Random) -> All:
    """Return the criteria of one account: one to six rules on different fields."""
    names = rng.sample(sorted(SCHEMA), rng.randint(1, 6))
    rules: list[Criteria] = [_rule(name, rng) for name in names if name != "Email"]
    if rng.random() < 0.02 or not rules:
        rules.append(PatternTest(field="Email", pattern=rng.choice(PATTERNS)))
    return All(items=tuple(rules))


def _rule(name: str, rng: random.Random) -> FieldTest:
    if name == "Zip":
        return _zips(rng)
    if name in AMOUNTS:
        return _amount(name, rng)
    if name == "Closing":
        days = str(rng.choice([30, 60, 90, 180, 365]))
        operator = rng.choice([Operator.WITHIN_LAST_DAYS, Operator.WITHIN_NEXT_DAYS])
        return FieldTest(field=name, operator=operator, values=(days,))
    if name in CHOICES:
        values = CHOICES[name]
        negative = rng.random() < 0.25
        share = rng.uniform(0.1, 0.6) if negative else rng.uniform(0.1, 0.55)
        chosen = rng.sample(values, max(1, min(200, round(len(values) * share))))
        operator = Operator.IS_NONE_OF if negative else Operator.IS_ANY_OF
        return FieldTest(field=name, operator=operator, values=tuple(chosen))
    return FieldTest(field=name, operator=Operator.IS, values=(rng.choice(["true", "false"]),))


def _zips(rng: random.Random) -> FieldTest:
    count = round(10 ** rng.uniform(0.7, 3.7))
    start = rng.randrange(len(ZIPS) - count)
    near = ZIPS[start : start + count]
    chosen = near if rng.random() < 0.5 else rng.sample(ZIPS, count)
    operator = Operator.IS_NONE_OF if rng.random() < 0.5 else Operator.IS_ANY_OF
    return FieldTest(field="Zip", operator=operator, values=tuple(chosen))


def _amount(name: str, rng: random.Random) -> FieldTest:
    low, high, step = AMOUNTS[name]
    cut = rng.randrange(low, low + (high - low) // 2, step)
    match rng.randrange(3):
        case 0:
            return FieldTest(field=name, operator=Operator.AT_LEAST, values=(str(cut),))
        case 1:
            top = str(high - cut + low)
            return FieldTest(field=name, operator=Operator.AT_MOST, values=(top,))
        case _:
            top = str(rng.randrange(cut, high, step))
            return FieldTest(field=name, operator=Operator.BETWEEN, values=(str(cut), top))


@dataclass(kw_only=True)
class Row:
    """What was measured with one number of accounts; times in microseconds."""

    accounts: int
    matching: float = 0.0
    index: float = 0.0
    closures: float = 0.0
    matches: float = 0.0
    first: float = 0.0
    change: float = 0.0
    change_p95: float = 0.0
    index_megabytes: float = 0.0
    closures_megabytes: float = 0.0
    resident_megabytes: float = 0.0
    engines: dict[str, float | None] = field(default_factory=dict)


def timed(work: Callable[[Any], Any], leads: list[Any], seconds: float) -> float:
    """Return the median microseconds of ``work`` over leads, for at most some seconds."""
    samples: list[float] = []
    stop = time.perf_counter() + seconds
    for lead in leads:
        start = time.perf_counter()
        work(lead)
        samples.append(time.perf_counter() - start)
        if start > stop:
            break
    return statistics.median(samples) * 1e6


def megabytes() -> float:
    """Return the resident memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def measure(size: int, rounds: int = 3) -> Row:
    """Measure all contenders with ``size`` accounts; the best of some rounds, each a median."""
    rng, row = random.Random(size), Row(accounts=size)  # noqa: S311  no secrets here
    leads = [a_lead(rng) for _ in range(1_000)]
    start, state = megabytes(), rng.getstate()
    index = CriteriaIndex(SCHEMA)
    for key in range(size):
        index.put(key, an_account(rng))
    for lead in leads:
        index.match(lead, NOW)
    gc.collect()
    row.index_megabytes = megabytes() - start
    rng.setstate(state)
    start = megabytes()
    compiled = [compile_criteria(an_account(rng), SCHEMA) for _ in range(size)]
    gc.collect()
    row.closures_megabytes = megabytes() - start
    gc.freeze()
    check(index, compiled, leads[: 200_000 // size + 1])
    tests = [each.test for each in compiled]
    order = rng.sample(range(size), size)
    row.matching = statistics.mean(len(index.match(lead, NOW)) for lead in leads) / size
    works: dict[str, Callable[[Any], Any]] = {
        "index": lambda lead: index.match(lead, NOW),
        "first": lambda lead: index.first(lead, NOW, order, FIRST),
        "closures": lambda lead: loop(tests, lead),
        "matches": lambda lead: [k for k, c in enumerate(compiled) if c.matches(lead, NOW)],
    }
    for name, work in works.items():
        setattr(row, name, min(timed(work, leads, 1.0) for _ in range(rounds)))
    measure_changes(row, index, rng)
    if size == ENGINES_AT:
        row.engines = measure_engines(size, state, compiled, leads)
    row.resident_megabytes = megabytes()
    return row


def loop(tests: list[Any], lead: dict[str, Any]) -> list[int]:
    """Test every account, one after the other, on one lead's facts."""
    facts = Facts(SCHEMA, lead, NOW)
    return [key for key, test in enumerate(tests) if test(facts)]


def check(index: CriteriaIndex, compiled: list[CompiledCriteria], leads: list[Any]) -> None:
    """Fail when the index and the closures do not find the same accounts."""
    tests = [each.test for each in compiled]
    for lead in leads:
        if list(index.match(lead, NOW)) != loop(tests, lead):
            raise SystemExit("the index and the closures disagree")


def measure_changes(row: Row, index: CriteriaIndex, rng: random.Random) -> None:
    """Time taking one account out and putting another in, its tree's check included."""
    samples = []
    for _ in range(400):
        key, tree = rng.randrange(row.accounts), an_account(rng)
        start = time.perf_counter()
        index.remove(key)
        index.put(key, tree)
        samples.append((time.perf_counter() - start) * 1e6)
    row.change, row.change_p95 = statistics.median(samples), statistics.quantiles(samples, n=20)[18]


def measure_engines(
    size: int, state: Any, compiled: list[CompiledCriteria], leads: list[Any]
) -> dict[str, float | None]:
    """Time other engines on the same accounts; None for those that are not installed."""
    makers = {"zen-engine": zen_rules, "rule-engine": rule_engine_rules, "json-logic": logic_rules}
    tests = [each.test for each in compiled]
    found: dict[str, float | None] = {}
    for name, maker in makers.items():
        rng = random.Random()  # noqa: S311  no secrets here
        rng.setstate(state)
        try:
            rules = maker([an_account(rng) for _ in range(size)])
        except ImportError:
            found[name] = None
            continue
        plain = [as_plain(lead) for lead in leads[:15]]
        for lead, values in zip(leads[:3], plain[:3], strict=True):
            if fitting(rules, values) != loop(tests, lead):
                raise SystemExit(f"{name} and the closures disagree")
        found[name] = timed(partial(fitting, rules), plain, 10)
    return found


def fitting(rules: list[Callable[[Any], Any]], values: dict[str, Any]) -> list[int]:
    """Try every account's rule on one lead."""
    return [key for key, rule in enumerate(rules) if rule(values)]


def report(rows: list[Row]) -> None:
    """Print the table."""
    table = Table(title="One lead against N delivery accounts (median µs; × = closures / index)")
    heads = "accounts,match,index,closures,×,wanted ×,prototype index,matches()"
    heads += f",first {FIRST},change (p95),index MB,closures MB,RSS MB"
    for head in heads.split(","):
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(
            f"{row.accounts:,}",
            f"{row.matching:.1%}",
            f"{row.index:,.0f}",
            f"{row.closures:,.0f}",
            f"{row.closures / row.index:.1f}",
            str(WANTED.get(row.accounts, "")),
            str(PROTOTYPE.get(row.accounts, "")),
            f"{row.matches:,.0f}",
            f"{row.first:,.0f}",
            f"{row.change:,.0f} ({row.change_p95:,.0f})",
            f"{row.index_megabytes:,.0f}",
            f"{row.closures_megabytes:,.0f}",
            f"{row.resident_megabytes:,.0f}",
        )
    console = Console(width=150)
    console.print(table)
    for row in rows:
        for name, figure in row.engines.items():
            said = "not installed" if figure is None else f"{figure:,.0f} µs a lead"
            ratio = "" if figure is None else f", {figure / row.index:,.0f} × the index"
            console.print(f"{name}, {row.accounts:,} accounts only: {said}{ratio}")


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out 100 000 accounts")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    sizes = SIZES[:2] if options.quick else SIZES
    # A process of its own for each, so that memory is what that many accounts take.
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        rows = list(pool.map(measure, sizes))
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        report(rows)


if __name__ == "__main__":
    main()
