"""Many patterns on one field: found by RE2 sets, which look for all their patterns in one pass."""

from collections.abc import Collection, Iterable

import re2
from pyroaring import BitMap

from leadexec.criteria.dimensions import Dimension, Token
from leadexec.criteria.facts import Facts
from leadexec.criteria.pattern import Pattern

LOOSE = 4
"""Patterns are searched one by one until so many have come together to make a set."""
LARGE = 256
"""Small sets are joined until they have about this many patterns."""

_JOIN = 4
_MEMORY = 4 << 20


class PatternMembers(Dimension):
    """Slots want a pattern to be found in a field (negative: not to be found)."""

    rank = 3

    def __init__(self, field: str, *, ignore_case: bool, negative: bool) -> None:
        """Search the texts of ``field``."""
        self._field = field
        self._ignore_case = ignore_case
        self._negative = negative
        self._constrained = BitMap()
        self._wanted: dict[int, str] = {}
        self._slots: dict[str, BitMap] = {}
        self._loose: dict[str, Pattern] = {}
        self._sets: list[_Set] = []

    def add(self, slot: int, wanted: Pattern) -> Token:
        """Enter what a slot wants; the token takes it out again."""
        text = wanted.text
        slots = self._slots.get(text)
        if slots is None:
            slots = self._slots[text] = BitMap()
            self._loose[text] = wanted
            self._gather()
        slots.add(slot)
        self._wanted[slot] = text
        self._constrained.add(slot)
        return None

    def discard(self, slot: int, token: Token) -> None:
        """Take out what :meth:`add` entered."""
        text = self._wanted.pop(slot)
        self._constrained.discard(slot)
        slots = self._slots[text]
        slots.discard(slot)
        if not slots:
            del self._slots[text]
            if self._loose.pop(text, None) is None:
                self._shrink(text)

    def narrow(self, result: BitMap, facts: Facts) -> BitMap:
        """Return ``result`` without the slots whose wish the lead does not meet."""
        waiting = result & self._constrained
        if not waiting:
            return result
        found = self._found(facts.texts(self._field), waiting)
        negative, wanted = self._negative, self._wanted
        if len(waiting) < 4 * len(self._slots):
            failing = BitMap([slot for slot in waiting if (wanted[slot] in found) is negative])
        else:
            struck = [b for text, b in self._slots.items() if (text in found) is negative]
            failing = BitMap.union(*struck) if struck else BitMap()
        return result - failing

    def _found(self, texts: Iterable[bytes], waiting: BitMap) -> set[str]:
        """Return the patterns that are found, at least of those that ``waiting`` slots want."""
        singles: Iterable[tuple[str, Pattern]] = self._loose.items()
        sets: Iterable[_Set] = self._sets
        if len(waiting) <= (len(self._loose) + len(self._sets)) // 2:
            wanted = {self._wanted[slot] for slot in waiting}
            singles, sets = [(text, self._pattern(text)) for text in wanted], ()
        found: set[str] = set()
        for each in texts:
            found.update(text for text, pattern in singles if pattern.search_bytes(each))
            for group in sets:
                found.update(group.found(each))
        return found

    def _pattern(self, text: str) -> Pattern:
        return self._loose.get(text) or self._holder(text).patterns[text]

    def _holder(self, text: str) -> "_Set":
        return next(each for each in self._sets if text in each.patterns)

    def _gather(self) -> None:
        """Make a set of loose patterns, and one of many small sets, when there are enough."""
        if len(self._loose) < LOOSE:
            return
        self._sets.append(_Set(self._loose, ignore_case=self._ignore_case))
        self._loose = {}
        for limit in (LOOSE * _JOIN, LOOSE * _JOIN**2, LARGE):
            small = [each for each in self._sets if len(each.patterns) < limit]
            if len(small) >= _JOIN:
                joined = {text: p for each in small for text, p in each.patterns.items()}
                self._sets = [each for each in self._sets if each not in small]
                self._sets.append(_Set(joined, ignore_case=self._ignore_case))

    def _shrink(self, text: str) -> None:
        """Forget a pattern of a set; what is left of a hollow set becomes loose again."""
        holder = self._holder(text)
        del holder.patterns[text]
        if len(holder.patterns) < LOOSE:
            self._sets.remove(holder)
            self._loose |= holder.patterns
            self._gather()


class _Set:
    """Some patterns as one RE2 set, beside the patterns themselves should the set not do."""

    def __init__(self, patterns: dict[str, Pattern], *, ignore_case: bool) -> None:
        self.patterns = patterns
        self._numbered = tuple(patterns)
        options = re2.Options()
        options.log_errors = False
        options.max_mem = _MEMORY
        options.case_sensitive = not ignore_case
        self._set = re2.Set.SearchSet(options)
        try:
            for text in self._numbered:
                self._set.Add(text.encode())
            # Always found: a set that runs out of memory finds nothing and says nothing.
            self._set.Add(b"")
            self._set.Compile()
        except re2.error:
            self._set = None

    def found(self, text: bytes) -> Collection[str]:
        numbers = self._set.Match(text) if self._set else ()
        witness = len(self._numbered)
        if witness not in numbers:
            return [key for key, each in self.patterns.items() if each.search_bytes(text)]
        numbered = self._numbered
        return [numbered[number] for number in numbers if number != witness]
