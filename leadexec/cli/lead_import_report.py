"""What an import tells: how far it is, what came of it, and every row that was not accepted."""

import csv
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from leadexec.cli.lead_import_posting import Imported
from leadexec.errors import LeadexecError

HEADINGS: Final = ("row", "status", "code", "field", "message", "lead")
"""Of the file of errors."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class Summary(msgspec.Struct, kw_only=True, frozen=True):
    """What an import came to."""

    rows: int
    """Without the blank ones."""
    accepted: int
    held: dict[str, int]
    """Code → leads that wait in quality control."""
    rejected: dict[str, int]
    unreadable: dict[str, int]
    """Code → rows that were not posted."""
    unmapped: tuple[str, ...]
    """Columns that were left out."""
    begun_before: bool
    """Part of it was stored by an earlier run, and not again."""


class Tally:
    """Counts what became of rows."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._counts: Counter[tuple[str, str]] = Counter()

    @property
    def rows(self) -> int:
        """How many rows were told of."""
        return self._counts.total()

    def add(self, imported: Sequence[Imported]) -> None:
        """Count ``imported``."""
        self._counts.update((row.status, row.code) for row in imported)

    def summary(self, *, unmapped: tuple[str, ...], begun_before: bool) -> Summary:
        """Return the counts."""
        return Summary(
            rows=self.rows,
            accepted=sum(self._of("accepted").values()),
            held=self._of("held"),
            rejected=self._of("rejected"),
            unreadable=self._of("unreadable"),
            unmapped=unmapped,
            begun_before=begun_before,
        )

    def _of(self, wanted: str) -> dict[str, int]:
        found = {code: n for (status, code), n in self._counts.items() if status == wanted}
        return dict(sorted(found.items()))


def lines_of(summary: Summary) -> Iterator[str]:
    """Yield the summary for a person."""
    yield f"rows       {summary.rows:>9,}"
    yield f"accepted   {summary.accepted:>9,}"
    for name in ("held", "rejected", "unreadable"):
        for code, count in getattr(summary, name).items():
            yield f"{name:<10} {count:>9,}  {code}"


@contextmanager
def errors_file(path: Path | None) -> Iterator[Callable[[Sequence[Imported]], None]]:
    """Open the CSV file that lists every row that was not accepted, a line for each reason.

    Args:
        path: Where; what is there is written over. None: nowhere.

    Raises:
        LeadexecError: ``cannot_write``.
    """
    if path is None:
        yield lambda imported: None
        return
    try:
        file = path.open("w", newline="", encoding="utf-8")
    except OSError as error:
        raise LeadexecError("cannot_write", f"{path} cannot be written: {error}.") from None
    with file:
        out = csv.writer(file)
        out.writerow(HEADINGS)

        def write(imported: Sequence[Imported]) -> None:
            for row in imported:
                if row.status != "accepted":
                    out.writerows(_lines(row))
            file.flush()

        yield write


def _lines(row: Imported) -> Iterator[tuple[object, ...]]:
    for reason in row.reasons:
        message = reason.message
        if message.startswith(_FORMULA):  # a spreadsheet would run it
            message = f"'{message}"
        yield row.row, row.status, reason.code, reason.field, message, row.lead


@contextmanager
def progress(name: str) -> Iterator[Callable[[float, int], None]]:
    """Show on standard error how far the import of ``name`` is: a bar, or a line per tenth.

    What is yielded takes the part that is done, from 0 to 1, and the rows so far.
    """
    if not sys.stderr.isatty():
        yield _Tenths(name)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}% {task.fields[rows]:,} rows"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=1.0, rows=0)
        yield lambda done, rows: bar.update(task, completed=done, rows=rows)


class _Tenths:
    """Writes a line whenever another tenth is done."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._told = 0

    def __call__(self, done: float, rows: int) -> None:
        tenths = int(done * 10)
        if tenths > self._told:
            self._told = tenths
            sys.stderr.write(f"{self._name}: {tenths}0%, {rows:,} rows\n")
            sys.stderr.flush()
