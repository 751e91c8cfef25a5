"""Reading the numbers of a file as it comes, a block at a time, in bounded memory."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Final

from msgspec import Meta, Struct
from pyroaring import BitMap64

from leadexec import ConfigurationError, InvalidValueError
from leadexec_validate_dnc.lines import LONGEST, LineReader
from leadexec_validate_dnc.numbers import read_number

LISTED_FAULTS: Final = 1000
"""Rows that a report lists one by one; all of them are counted."""
_DELIMITERS: Final = (",", ";", "\t", "|")
_AROUND: Final = "\"' ,;\t"
"""What stands around the only cell of a line."""
_OPEN_CELL: Final = re.compile(r'(?:^|[,;\t|])"(?:[^"]|"")*$')
_UNREADABLE: Final = "?"
"""Stands for a row that is none."""


class RowFault(Struct, kw_only=True, frozen=True):
    """A row without a number that could be read, and why; what the row says is not repeated."""

    row: Annotated[int, Meta(description="As a spreadsheet counts: the first is 1")]
    code: str
    message: str


class NumberReader:
    """Takes a file's blocks in order and keeps the numbers until somebody takes them.

    Without a column each line is a number. With one the file is a CSV whose first row names its
    columns; between its cells are commas, semicolons, tabs or bars, and quoted cells may have line
    breaks. Empty rows do not count.
    """

    def __init__(self, column: str = "") -> None:
        """Read the numbers of ``column``; empty: the file has one number a line."""
        self.rows = 0
        """Rows with something in them, the one with the columns' names left out."""
        self.invalid = 0
        self.faults: list[RowFault] = []
        self.found = BitMap64()
        """Numbers that were read and not taken yet."""
        self._column = column.strip()
        self._delimiter = ""
        self._place = 0
        self._named = False
        """Whether the row with the columns' names is behind."""
        self._lines = LineReader()
        self._open: list[str] = []
        """Lines of a row that ends in a block to come."""
        self._row = 0

    def feed(self, block: bytes, *, last: bool = False) -> None:
        """Read on; ``last`` says that the file ends here.

        Raises:
            ConfigurationError: ``unknown_column``.
        """
        lines = self._lines.feed(block, last=last)
        cells = self._cells(self._complete(lines, last=last)) if self._column else lines
        self.found |= BitMap64(self._numbers(cells))

    def take(self) -> BitMap64:
        """Return what was read since the last time: sorted, each number once."""
        taken, self.found = self.found, BitMap64()
        return taken

    def _numbers(self, cells: Iterable[str | None]) -> list[int]:
        numbers = []
        for cell in cells:
            self._row += 1
            if cell is None or (not self._column and not cell.strip(_AROUND)):
                continue
            self.rows += 1
            try:
                numbers.append(read_number(cell if self._column else cell.strip(_AROUND)))
            except InvalidValueError as error:
                self._fault(error)
        return numbers

    def _fault(self, error: InvalidValueError) -> None:
        self.invalid += 1
        if len(self.faults) < LISTED_FAULTS:
            fault = RowFault(row=self._row, code=error.code, message=error.message)
            self.faults.append(fault)

    # --- tables

    def _complete(self, lines: Sequence[str], *, last: bool) -> list[str]:
        """Return the lines up to the end of a row; the rest waits for the next block."""
        lines = [*self._open, *lines]
        self._open = []
        begun = None
        for place, line in enumerate(lines):
            if begun is None and _opens(line):
                begun = place
            elif begun is not None and line.count('"') % 2:
                begun = None
        if begun is None or last or sum(map(len, lines[begun:])) > LONGEST:
            return lines
        self._open = lines[begun:]
        return lines[:begun]

    def _cells(self, lines: Sequence[str]) -> Iterator[str | None]:
        """Yield each row's cell of the column; None for the first row and for empty ones."""
        if not self._delimiter and any(line.strip() for line in lines):
            self._delimiter, self._place = _place_of(self._column, lines)
        for row in _rows(lines, self._delimiter or ","):
            if not any(cell.strip() for cell in row):
                yield None
            elif not self._named:
                self._named = True
                yield None
            else:
                yield row[self._place] if self._place < len(row) else ""


def _opens(line: str) -> bool:
    """Return whether a quoted cell begins in ``line`` and does not end there."""
    return line.count('"') % 2 == 1 and _OPEN_CELL.search(line) is not None


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield [_UNREADABLE]


def _place_of(column: str, lines: Sequence[str]) -> tuple[str, int]:
    """Return the delimiter of the table and the place of ``column`` in it.

    Raises:
        ConfigurationError: ``unknown_column``.
    """
    wanted, most = column.casefold(), [""]
    for delimiter in _DELIMITERS:
        names = next((row for row in _rows(lines, delimiter) if any(map(str.strip, row))), [])
        plain = [name.strip().casefold() for name in names]
        if wanted in plain:
            return delimiter, plain.index(wanted)
        most = max(most, names, key=len)
    listed = ", ".join(repr(name.strip()[:40]) for name in most[:20])
    message = f"The first row has no column {column[:40]!r}; it has {listed}."
    raise ConfigurationError.single("unknown_column", "column", message)
