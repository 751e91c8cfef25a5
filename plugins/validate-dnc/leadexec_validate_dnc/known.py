"""The list in memory: who is not in it is not on the list; who is, is looked up."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from pyroaring import BitMap64

from leadexec import Services
from leadexec_validate_dnc.entries import DncNumber
from leadexec_validate_dnc.questions import Addition, added_after, entry_ids

FRESH: Final = 1.0
"""Seconds for which what was read counts as the present list: the longest time until a number that
another process has added is honoured here."""
PAGE: Final = 10_000
"""Numbers read at once; to join them to five millions takes about a millisecond."""
AT_ONCE: Final = 0.1
"""Seconds that one lead may spend on reading the list into memory; the next ones go on with it."""


class KnownNumbers:
    """Finds listed numbers in microseconds; one per process.

    It holds every number of the list and perhaps some that were removed. So a number that it does
    not hold is not on the list, and one that it holds is looked up in the database, which is rare.
    Numbers added by other processes are read once a second, by the lead that comes first: ids grow
    in the order of the commits (``writing``), so that all after the last one read are the new ones.
    As long as memory does not hold the whole list, the database is asked about every number.

    A set of five million takes 35 MB. Nothing is read before the first lead, and no task runs
    beside the leads.
    """

    def __init__(self, services: Services) -> None:
        """Use the storage and the clock of ``services``, later."""
        self._services = services
        self._numbers = BitMap64()
        self._last = 0
        self._read_at = float("-inf")
        self._reading = False

    @property
    def held(self) -> int:
        """How many numbers are in memory, removed ones included."""
        return len(self._numbers)

    @property
    def is_fresh(self) -> bool:
        """Whether memory answers for the whole list now."""
        return self._services.clock.monotonic() - self._read_at <= FRESH

    def admit(self, numbers: Iterable[int]) -> None:
        """Hold ``numbers``, too; call it before they are stored, so that no lead slips through."""
        self._numbers |= BitMap64(numbers)

    async def entries(self, numbers: Sequence[int]) -> dict[int, int]:
        """Return number → id of its entry, for those that are on the list.

        Raises:
            UnavailableError: The list cannot be read.
        """
        if self.is_fresh or await self._refresh():
            numbers = [number for number in numbers if number in self._numbers]
            if not numbers:
                return {}
        storage = self._services.storage
        table = storage.table(DncNumber)
        return await storage.read(lambda connection: entry_ids(connection, table, numbers))

    async def _refresh(self) -> bool:
        """Read what was added since; return whether all of it is held now."""
        if self._reading:
            return False  # another lead is at it; this one asks the database
        self._reading = True
        try:
            return await self._read_on()
        finally:
            self._reading = False

    async def _read_on(self) -> bool:
        clock, storage = self._services.clock, self._services.storage
        table = storage.table(DncNumber)
        began = now = clock.monotonic()
        while now - began <= AT_ONCE:
            found = await storage.read(
                partial(added_after, numbers=table, last=self._last, most=PAGE)
            )
            numbers = await _numbers_in(found)
            self._numbers |= numbers  # at once: others are admitted while this one awaits
            self._last = found.last
            if found.count < PAGE:
                self._read_at = now
                return True
            now = clock.monotonic()
        return False


async def _numbers_in(found: Addition) -> BitMap64:
    if not found.count:
        return BitMap64()
    if found.count < 100:
        return _parsed(found.text)
    return await asyncio.to_thread(_parsed, found.text)


def _parsed(text: str) -> BitMap64:
    return BitMap64(map(int, text.split(",")))
