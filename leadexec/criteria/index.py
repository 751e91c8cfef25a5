"""One lead against the trees of all accounts at once.

An account is one slot, or a few when its tree has alternatives; a slot's rules live in dimensions
(sets of values, ranges, ages, presence, starts and ends of text, lists, cells of the map), each of
which strikes the slots that the lead fails from one bitmap. What no dimension can decide
(patterns, formulas, functions, distances, large "any of") is evaluated on the slots that are left,
once for all that share it.
"""

import itertools
from collections.abc import Hashable, Iterable
from datetime import datetime
from typing import Any, TypeAlias

from pyroaring import BitMap

from leadexec.criteria.check import NO_RESOURCES, Resources, check_tree
from leadexec.criteria.dimensions import Dimension
from leadexec.criteria.evaluate import CompiledCriteria
from leadexec.criteria.facts import Facts
from leadexec.criteria.placing import Placing, place
from leadexec.criteria.plan import Conjunction, plan
from leadexec.criteria.rules import Rule
from leadexec.criteria.shared import SharedTests
from leadexec.criteria.tree import Criteria
from leadexec.criteria.values import Fields, Schema

KEY_LIMIT = 2**31
"""Keys are from 0 to below this; slots of alternatives are numbered from here."""
FIRST_CHUNK = 8
"""``first`` looks at this many keys at once for each one that it is asked for."""

_Entry: TypeAlias = tuple[Dimension, Any]


class CriteriaIndex:
    """Finds the keys whose tree matches a lead; changing one key touches only its own entries.

    Not for use by several threads at once. Between two calls anything may be put or removed.
    """

    def __init__(self, schema: Schema, resources: Resources = NO_RESOURCES) -> None:
        """Start empty.

        Args:
            schema: The kind of every field; trees compiled elsewhere must have used the same.
            resources: What trees may refer to besides fields.
        """
        self.schema = schema
        self._resources = resources
        self._keys = BitMap()
        self._slots = BitMap()
        self._dimensions: dict[tuple[Hashable, ...], Dimension] = {}
        self._tests = SharedTests()
        self._entries: dict[int, list[_Entry]] = {}
        self._alternatives: dict[int, list[int]] = {}
        self._owners: dict[int, int] = {}
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: int) -> bool:
        return key in self._keys

    @property
    def keys(self) -> BitMap:
        """A copy of the keys that have a tree."""
        return self._keys.copy()

    def put(self, key: int, tree: Criteria | CompiledCriteria) -> None:
        """Enter a key's tree, or replace it.

        Args:
            key: An account's id, from 0 to below 2**31.
            tree: The tree, as saved or compiled with this index's schema.

        Raises:
            CriteriaError: The tree has faults; the index is as before.
            ValueError: The key is out of range.
        """
        if not 0 <= key < KEY_LIMIT:
            raise ValueError(f"key {key} is not from 0 to below {KEY_LIMIT}")
        if isinstance(tree, CompiledCriteria):
            rule = tree.rule
        else:
            rule = check_tree(tree, self.schema, self._resources)
        conjunctions = plan(rule)
        self.remove(key)
        self._keys.add(key)
        if len(conjunctions) == 1:
            self._enter(key, conjunctions[0])
        else:
            self._alternatives[key] = [self._enter_alternative(key, c) for c in conjunctions]

    def remove(self, key: int) -> None:
        """Take out a key; nothing happens when it is not there."""
        if key not in self._keys:
            return
        self._keys.discard(key)
        slots = self._alternatives.pop(key, None)
        if slots is None:
            self._leave(key)
            return
        for slot in slots:
            self._leave(slot)
            del self._owners[slot]
            self._free.append(slot)

    def match(self, fields: Fields, now: datetime, among: BitMap | None = None) -> BitMap:
        """Return the keys whose tree matches a lead.

        Args:
            fields: The lead's fields.
            now: The instant that relative dates and formulas go by.
            among: Look at these keys only.
        """
        return self.match_facts(Facts(self.schema, fields, now), among)

    def match_facts(self, facts: Facts, among: BitMap | None = None) -> BitMap:
        """Return the matching keys as :meth:`match` does, for a lead already seen as facts."""
        result = self._slots if among is None else self._slots_of(among)
        for dimension in self._dimensions.values():
            result = dimension.narrow(result, facts)
        result = self._tests.narrow(result, facts)
        if self._owners:
            return self._owned(result)
        return result.copy() if result is self._slots else result

    def first(
        self, fields: Fields, now: datetime, ordered_keys: Iterable[int], count: int
    ) -> list[int]:
        """Return the first ``count`` matching keys in the given order.

        Keys are looked at in chunks: ``FIRST_CHUNK`` times ``count`` to begin with, then twice as
        many as the matches so far promise to be needed, fourfold at most. So a walk over many
        accounts ends early when many match, and costs about as much as :meth:`match` when few do.

        Args:
            fields: The lead's fields.
            now: The instant that relative dates and formulas go by.
            ordered_keys: All candidates, best first, each once; read only as far as needed.
            count: How many are wanted.
        """
        facts = Facts(self.schema, fields, now)
        walk, size, walked = iter(ordered_keys), max(1, count * FIRST_CHUNK), 0
        found: list[int] = []
        while len(found) < count and (chunk := list(itertools.islice(walk, size))):
            matching = self.match_facts(facts, BitMap(chunk))
            if matching:
                found += [key for key in chunk if key in matching]
            walked += size
            likely = 2 * (count - len(found)) * walked // len(found) if found else 4 * size
            size = max(FIRST_CHUNK, min(4 * size, likely))
        return found[:count]

    def _slots_of(self, keys: BitMap) -> BitMap:
        slots = keys & self._slots
        if self._alternatives:
            for key in (keys & self._keys) - slots:
                slots.update(self._alternatives[key])
        return slots

    def _owned(self, slots: BitMap) -> BitMap:
        keys = slots.copy()
        keys.remove_range(KEY_LIMIT, 2**32)
        owners = self._owners
        keys.update([owners[slot] for slot in slots.iter_equal_or_larger(KEY_LIMIT)])
        return keys

    def _enter_alternative(self, key: int, conjunction: Conjunction) -> int:
        slot = self._free.pop() if self._free else KEY_LIMIT + len(self._owners)
        self._owners[slot] = key
        self._enter(slot, conjunction)
        return slot

    def _enter(self, slot: int, conjunction: Conjunction) -> None:
        entries: list[_Entry] = []
        evaluated: list[Rule] = []
        used: set[tuple[Hashable, ...]] = set()
        for rule in conjunction:
            placing = place(rule)
            if placing is None or not placing.exact:
                evaluated.append(rule)
            if placing is not None:
                # One wish per slot and dimension: a second one goes to a twin of the dimension.
                name = next(n for i in itertools.count() if (n := (*placing.name, i)) not in used)
                used.add(name)
                dimension = self._dimensions.get(name) or self._add_dimension(name, placing)
                entries.append((dimension, dimension.add(slot, placing.wanted)))
        if evaluated:
            self._tests.add(slot, evaluated)
            entries.append((_EVALUATED, None))
        self._entries[slot] = entries
        self._slots.add(slot)

    def _add_dimension(self, name: tuple[Hashable, ...], placing: Placing) -> Dimension:
        dimension = self._dimensions[name] = placing.make()
        ordered = sorted(self._dimensions.items(), key=lambda item: item[1].rank)
        self._dimensions = dict(ordered)
        return dimension

    def _leave(self, slot: int) -> None:
        self._slots.discard(slot)
        for dimension, token in self._entries.pop(slot):
            if dimension is _EVALUATED:
                self._tests.discard(slot)
            else:
                dimension.discard(slot, token)


_EVALUATED: Any = object()
