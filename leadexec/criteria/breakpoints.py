"""Sorted bounds of many accounts: which of them lie above, or below, a value.

Bounds stand in small sorted buckets; with each bucket goes the bitmap of all accounts in it and
behind it. A query is two binary searches, one bitmap and at most one bucket's worth of keys; an
insertion touches one bucket and adds one bit to each bitmap before it.
"""

from array import array
from bisect import bisect_left, bisect_right
from typing import Any

from pyroaring import BitMap

BUCKET = 16
"""A bucket that grows over this (and over 1/96 of all bounds) is split."""

_FEW = 1_000


class Breakpoints:
    """Bounds with their keys; ``rising`` ones are asked who lies above, the others who below."""

    __slots__ = ("_buckets", "_first", "_running", "_size", "rising")

    def __init__(self, *, rising: bool) -> None:
        """Start without bounds."""
        self.rising = rising
        self._first: list[Any] = []
        self._buckets: list[tuple[list[Any], array[int]]] = []
        self._running: list[BitMap] = []
        self._size = 0

    def add(self, bound: Any, key: int) -> None:
        """Add the bound of a key."""
        if not self._buckets:
            self._first.append(bound)
            self._buckets.append(([], array("I")))
            self._running.append(BitMap())
        index = max(0, bisect_right(self._first, bound) - 1)
        bounds, keys = self._buckets[index]
        low, high = bisect_left(bounds, bound), bisect_right(bounds, bound)
        position = bisect_left(keys, key, low, high)
        bounds.insert(position, bound)
        keys.insert(position, key)
        self._first[index] = bounds[0]
        for running in self._affected(index):
            running.add(key)
        self._size += 1
        if len(bounds) > max(BUCKET, self._size // 96):
            self._split(index)

    def discard(self, bound: Any, key: int) -> None:
        """Take away what :meth:`add` added with the same arguments."""
        index = bisect_right(self._first, bound) - 1
        bounds, keys = self._buckets[index]
        position = bisect_left(keys, key, bisect_left(bounds, bound), bisect_right(bounds, bound))
        del bounds[position], keys[position]
        for running in self._affected(index):
            running.discard(key)
        self._size -= 1
        if bounds:
            self._first[index] = bounds[0]
        else:
            del self._first[index], self._buckets[index], self._running[index]

    def narrow(self, result: BitMap, value: Any, *, or_equal: bool) -> BitMap:
        """Return ``result`` without the keys whose bound lies beyond ``value``.

        Args:
            result: The keys to narrow down.
            value: Where to cut.
            or_equal: Strike keys whose bound equals ``value``, too.
        """
        index = bisect_right(self._first, value) - 1
        if index < 0:
            return result - self._running[0] if self.rising and self._running else result
        bounds, keys = self._buckets[index]
        if or_equal is self.rising:
            position = bisect_left(bounds, value)
        else:
            position = bisect_right(bounds, value)
        if self.rising:
            index, within = (index + 1, keys[position:]) if position else (index, None)
        else:
            index, within = (index - 1, keys[:position]) if position < len(keys) else (index, None)
        if 0 <= index < len(self._running):
            result = result - self._running[index]
        if within and len(result) < _FEW:
            within = array("I", [key for key in within if key in result])
        return result - BitMap(within) if within else result

    def _affected(self, index: int) -> list[BitMap]:
        return self._running[: index + 1] if self.rising else self._running[index:]

    def _split(self, index: int) -> None:
        bounds, keys = self._buckets[index]
        middle = bounds[len(bounds) // 2]
        cut = bisect_left(bounds, middle) or bisect_right(bounds, middle)
        if cut == len(bounds):
            return
        self._first.insert(index + 1, bounds[cut])
        self._buckets[index : index + 1] = [(bounds[:cut], keys[:cut]), (bounds[cut:], keys[cut:])]
        whole = self._running[index]
        if self.rising:
            self._running.insert(index + 1, whole - BitMap(keys[:cut]))
        else:
            self._running.insert(index, whole - BitMap(keys[cut:]))
