"""The buyers' own books: what they were asked and sent, what they bought and for how much.

Books are a fold over an append-only list of records, so that a journal read back gives the same
books, and a platform that is killed in between can be held against them.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from leadexec_simulator.bids import Bids
from leadexec_simulator.record import Record, RecordKind


class BuyerSummary(msgspec.Struct, kw_only=True):
    """One buyer's books, added up."""

    posts: int = 0
    sales: int = 0
    revenue: Decimal = Decimal(0)
    """The sum of the prices of all sales, exact."""
    refusals: int = 0
    repeats: int = 0
    doubled: int = 0
    """Sales of a lead that this buyer had already bought under another key."""
    invalid: int = 0
    troubles: dict[str, int] = {}
    """Of posts and pings."""
    pings: int = 0
    """All of them; a ping that is repeated while its bid holds gets that bid again."""
    bids: int = 0
    no_bids: int = 0
    late_bids: int = 0
    wins: int = 0
    """Bids that became sales; their prices are in ``revenue``."""


_ADDED_UP = (
    *("posts", "sales", "revenue", "refusals", "repeats", "doubled", "invalid"),
    *("pings", "bids", "no_bids", "late_bids", "wins"),
)


class BookSummary(BuyerSummary, kw_only=True):
    """The books of all buyers together, and of each."""

    buyers: dict[str, BuyerSummary] = {}


class Books:
    """The books of all buyers."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        """Open books that already hold ``records``."""
        self._summaries: dict[str, BuyerSummary] = defaultdict(BuyerSummary)
        self._judged: dict[tuple[str, str], Record] = {}
        self._tries: Counter[tuple[str, str]] = Counter()
        self._leads: set[tuple[str, str]] = set()
        self._bids = Bids()
        for record in records:
            self._enter(record)

    def add(self, record: Record) -> None:
        """Enter ``record``."""
        self._enter(record)

    def tries(self, buyer: str, key: str) -> int:
        """Return how often ``key`` was posted to ``buyer`` so far."""
        return self._tries[buyer, key]

    def judged(self, buyer: str, key: str) -> Record | None:
        """Return the sale or refusal of ``key``, or None while there is none."""
        return self._judged.get((buyer, key))

    @property
    def bids(self) -> Bids:
        """The bids of all buyers."""
        return self._bids

    def sales(self, buyer: str) -> Sequence[Record]:
        """Return the sales to ``buyer`` in order of time."""
        return [
            record
            for (name, _), record in self._judged.items()
            if name == buyer and record.kind is RecordKind.SALE
        ]

    def of(self, buyer: str) -> BuyerSummary:
        """Return the summary of one buyer; all zero for one that was never posted to."""
        return self._summaries.get(buyer) or BuyerSummary()

    def summary(self) -> BookSummary:
        """Return the books of all buyers, added up."""
        total = BookSummary(buyers=dict(sorted(self._summaries.items())))
        troubles: Counter[str] = Counter()
        for one in self._summaries.values():
            for name in _ADDED_UP:
                setattr(total, name, getattr(total, name) + getattr(one, name))
            troubles.update(one.troubles)
        total.troubles = dict(troubles)
        return total

    def _enter(self, record: Record) -> None:
        books = self._summaries[record.buyer]
        if record.ping:
            self._bids.enter(record)
            _count_ping(books, record)
            return
        books.posts += 1
        if record.kind is RecordKind.INVALID:
            books.invalid += 1
            return
        key = (record.buyer, record.key)
        self._tries[key] += 1
        _count_trouble(books, record)
        match record.kind:
            case RecordKind.SALE:
                self._judged[key] = record
                self._sell(books, record)
            case RecordKind.REFUSAL:
                self._judged[key] = record
                books.refusals += 1
            case RecordKind.REPEAT:
                books.repeats += 1
            case _:
                pass

    def _sell(self, books: BuyerSummary, record: Record) -> None:
        books.sales += 1
        books.revenue += record.price
        if record.lead and (record.buyer, record.lead) in self._leads:
            books.doubled += 1
        self._leads.add((record.buyer, record.lead))
        if record.bid:
            books.wins += 1
            self._bids.take(record)


def _count_trouble(books: BuyerSummary, record: Record) -> None:
    if record.trouble:
        books.troubles[record.trouble] = books.troubles.get(record.trouble, 0) + 1


def _count_ping(books: BuyerSummary, record: Record) -> None:
    books.pings += 1
    _count_trouble(books, record)
    match record.kind:
        case RecordKind.BID:
            books.bids += 1
        case RecordKind.NO_BID:
            books.no_bids += 1
        case RecordKind.LATE_BID:
            books.late_bids += 1
        case RecordKind.INVALID:
            books.invalid += 1
        case _:
            pass


class JournaledBooks(Books):
    """Books that also write every record to a file, one JSON object a line.

    The line is handed to the system before the buyer answers, so that it outlives this process;
    it is not forced to the disk. A last line that broke off is dropped when the file is opened.
    """

    def __init__(self, path: Path) -> None:
        """Read what ``path`` holds, if it exists, and go on writing there."""
        whole, _, _ = path.read_bytes().rpartition(b"\n") if path.exists() else (b"", b"", b"")
        lines = whole.splitlines()
        super().__init__(msgspec.json.decode(line, type=Record) for line in lines)
        self._file = path.open("ab", buffering=0)
        self._file.truncate(len(whole) + 1 if whole else 0)
        self._file.seek(0, os.SEEK_END)

    def add(self, record: Record) -> None:
        """Write ``record`` to the file, then enter it."""
        self._file.write(msgspec.json.encode(record) + b"\n")
        self._enter(record)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
