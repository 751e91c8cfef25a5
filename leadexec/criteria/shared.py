"""Rules that can only be evaluated: once per lead, for all slots that share them."""

from pyroaring import BitMap

from leadexec.criteria.closures import compile_test
from leadexec.criteria.facts import Facts
from leadexec.criteria.rules import Rule


class _Shared:
    """One rule, its test, and the slots that want it to be true."""

    __slots__ = ("rule", "slots", "test")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.test = compile_test(rule)
        self.slots = BitMap()


class SharedTests:
    """Equal rules of many slots as one test; only slots still in play are looked at."""

    def __init__(self) -> None:
        """Start without rules."""
        self._shared: dict[Rule, _Shared] = {}
        self._wanted: dict[int, list[_Shared]] = {}
        self._slots = BitMap()

    def __len__(self) -> int:
        return len(self._shared)

    def add(self, slot: int, rules: list[Rule]) -> None:
        """Enter the rules of a slot, at least one."""
        wanted = []
        for rule in rules:
            shared = self._shared.get(rule)
            if shared is None:
                shared = self._shared[rule] = _Shared(rule)
            shared.slots.add(slot)
            wanted.append(shared)
        self._wanted[slot] = wanted
        self._slots.add(slot)

    def discard(self, slot: int) -> None:
        """Take out the rules of a slot."""
        for shared in self._wanted.pop(slot):
            shared.slots.discard(slot)
            if not shared.slots:
                self._shared.pop(shared.rule, None)
        self._slots.discard(slot)

    def narrow(self, result: BitMap, facts: Facts) -> BitMap:
        """Return ``result`` without the slots of which a rule is not true."""
        waiting = result & self._slots
        if not waiting:
            return result
        if len(waiting) < len(self._shared):
            return result - self._failing(waiting, facts)
        struck = [
            shared.slots
            for shared in self._shared.values()
            if not shared.slots.isdisjoint(waiting) and shared.test(facts) is not True
        ]
        return result - BitMap.union(*struck) if struck else result

    def _failing(self, waiting: BitMap, facts: Facts) -> BitMap:
        answers: dict[_Shared, bool] = {}
        failing = BitMap()
        for slot in waiting:
            for shared in self._wanted[slot]:
                answer = answers.get(shared)
                if answer is None:
                    answer = answers[shared] = shared.test(facts) is True
                if not answer:
                    failing.add(slot)
                    break
        return failing
