"""The bids of all buyers: which of them hold, and which were taken up."""

from collections import Counter
from datetime import datetime
from decimal import Decimal

from leadexec_simulator.record import Record, RecordKind


class Bids:
    """What pings left behind; part of the books and, like them, a fold over records."""

    def __init__(self) -> None:
        """Start without bids."""
        self._bids: dict[tuple[str, str], Record] = {}
        self._latest: dict[tuple[str, str], Record] = {}
        self._tries: Counter[tuple[str, str]] = Counter()
        self._made: Counter[tuple[str, str]] = Counter()
        self._taken: set[tuple[str, str]] = set()

    def enter(self, record: Record) -> None:
        """Enter the record of a ping."""
        key = (record.buyer, record.key)
        if record.kind is not RecordKind.INVALID:
            self._tries[key] += 1
        if record.kind is RecordKind.BID:
            self._made[key] += 1
            self._latest[key] = record
            self._bids[record.buyer, record.reference] = record

    def take(self, sale: Record) -> None:
        """Note that the bid named in ``sale`` was taken up."""
        self._taken.add((sale.buyer, sale.bid))

    def tries(self, buyer: str, key: str) -> int:
        """Return how often ``buyer`` was pinged with ``key`` so far."""
        return self._tries[buyer, key]

    def made(self, buyer: str, key: str) -> int:
        """Return how many bids ``buyer`` made on pings with ``key`` so far."""
        return self._made[buyer, key]

    def of(self, buyer: str, reference: str) -> Record | None:
        """Return the bid of ``buyer`` with that reference, dead or alive."""
        return self._bids.get((buyer, reference))

    def live(self, buyer: str, key: str, now: datetime) -> Record | None:
        """Return the bid that a ping with ``key`` has got, if it can still be taken up."""
        bid = self._latest.get((buyer, key))
        if bid is None or is_over(bid, now) or (buyer, bid.reference) in self._taken:
            return None
        return bid

    def problem(
        self, buyer: str, reference: str, *, lead: str, price: Decimal | None, now: datetime
    ) -> str:
        """Return why ``buyer`` does not buy ``lead`` by the bid ``reference``; empty if it does.

        Args:
            buyer: Its name, or ``<buyer>/<branch>``.
            reference: The bid that a post names.
            lead: The lead that it brings.
            price: The price that it names; None where the buyer does not look at it.
            now: The instant of the decision.
        """
        bid = self.of(buyer, reference)
        if bid is None:
            return "There is no such bid"
        if bid.lead != lead:
            return "The bid was for another lead"
        if (buyer, reference) in self._taken:
            return "The bid was taken up before"
        if is_over(bid, now):
            return "The bid has expired"
        if price is not None and price != bid.price:
            return "The bid was for another price"
        return ""


def is_over(bid: Record, now: datetime) -> bool:
    """Return whether ``bid`` has ended."""
    return bid.expires_at is not None and now >= bid.expires_at
