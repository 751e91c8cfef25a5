"""Ranges of many slots on one line: which of them a value lies outside of.

The line is cut into cells. Each knows the slots whose range lies wholly elsewhere, and the few
whose range begins or ends inside it; only those are compared with the value itself. A cell with
too many of the latter is cut in two; entering and removing a range touches its own bit in each
cell.
"""

from bisect import bisect_left, bisect_right
from typing import Any, TypeAlias

from pyroaring import BitMap

from leadexec.criteria.rules import Range
from leadexec.criteria.values import Typed

CELL = 16
"""A cell with more ranges than this (and than 1/128 of all) beginning or ending in it is cut."""
CELLS_LIMIT = 1_024
"""The line is cut into this many cells at most."""

Cut: TypeAlias = tuple[Any, int]
"""A place between values: just before (0) or just after (1) one."""


class Cells:
    """Ranges by slot, and the cells of the line."""

    __slots__ = ("_cuts", "_ranges", "_sides", "_struck", "_unsure", "_values")

    def __init__(self) -> None:
        """Start with one cell and no ranges."""
        self._cuts: list[Cut] = []
        self._values: list[Any] = []
        self._sides: list[int] = []
        self._struck = [BitMap()]
        self._unsure = [BitMap()]
        self._ranges: dict[int, Range] = {}

    def add(self, slot: int, wanted: Range) -> None:
        """Enter the range of a slot that has none yet."""
        self._ranges[slot] = wanted
        below, above, unsure = self._cells_of(wanted)
        for struck in self._struck[:below]:
            struck.add(slot)
        for struck in self._struck[above:]:
            struck.add(slot)
        for cell in unsure:
            self._unsure[cell].add(slot)
        for cell in unsure[::-1]:
            self._cut_if_full(cell)

    def discard(self, slot: int) -> None:
        """Take out the range of a slot."""
        below, above, unsure = self._cells_of(self._ranges.pop(slot))
        for struck in self._struck[:below]:
            struck.discard(slot)
        for struck in self._struck[above:]:
            struck.discard(slot)
        for cell in unsure:
            self._unsure[cell].discard(slot)

    def narrow(self, result: BitMap, value: Typed) -> BitMap:
        """Return ``result`` without the slots whose range ``value`` lies outside of."""
        values = self._values
        cell = bisect_left(values, value)
        if cell < len(values) and self._sides[cell] == 0 and values[cell] == value:
            cell += 1
        result = result - self._struck[cell]
        unsure = self._unsure[cell]
        if unsure:
            ranges = self._ranges
            outside = [s for s in result & unsure if not _holds(ranges[s], value)]
            if outside:
                return result - BitMap(outside)
        return result

    def _cells_of(self, wanted: Range) -> tuple[int, int, list[int]]:
        """Return below which cell, from which cell on a range is struck, and where it is unsure."""
        low, high = _cuts_of(wanted)
        cuts, unsure = self._cuts, []
        below, above = 0, len(self._struck)
        if low is not None:
            below = bisect_right(cuts, low)
            if not (below and cuts[below - 1] == low):
                unsure.append(below)
        if high is not None:
            last = bisect_left(cuts, high)
            above = last + 1
            if not (last < len(cuts) and cuts[last] == high) and last not in unsure:
                unsure.append(last)
        return below, above, unsure

    def _cut_if_full(self, cell: int) -> None:
        unsure = self._unsure[cell]
        full = len(unsure) > max(CELL, len(self._ranges) // 128)
        if not full or len(self._struck) >= CELLS_LIMIT:
            return
        cut = self._middle(cell)
        self._cuts.insert(cell, cut)
        self._values.insert(cell, cut[0])
        self._sides.insert(cell, cut[1])
        self._struck.insert(cell, self._struck[cell].copy())
        self._unsure[cell : cell + 1] = [BitMap(), BitMap()]
        for slot in unsure:
            below, above, places = self._cells_of(self._ranges[slot])
            for half in (cell, cell + 1):
                if half < below or half >= above:
                    self._struck[half].add(slot)
                elif half in places:
                    self._unsure[half].add(slot)

    def _middle(self, cell: int) -> Cut:
        """Return the median of the places in a cell where ranges begin or end."""
        lower = self._cuts[cell - 1] if cell else None
        upper = self._cuts[cell] if cell < len(self._cuts) else None
        inside = sorted(
            cut
            for slot in self._unsure[cell]
            for cut in _cuts_of(self._ranges[slot])
            if cut is not None and (lower is None or cut > lower) and (upper is None or cut < upper)
        )
        return inside[len(inside) // 2]


def _cuts_of(wanted: Range) -> tuple[Cut | None, Cut | None]:
    low = None if wanted.low is None else (wanted.low, int(wanted.low_open))
    high = None if wanted.high is None else (wanted.high, int(not wanted.high_open))
    return low, high


def _holds(wanted: Range, value: Typed) -> bool:
    low, high = wanted.low, wanted.high
    if low is not None and (value < low or (wanted.low_open and value == low)):
        return False
    return high is None or bool(value < high or (not wanted.high_open and value == high))
