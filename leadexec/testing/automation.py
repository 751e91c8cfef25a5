"""The conformance kit of automation strategies."""
# ruff: noqa: S101  kits are made of asserts

import copy
import random
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import cycle
from typing import Any, ClassVar, TypeAlias

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from leadexec.contracts.automation import AutomationStrategy, Candidate, SortContext, Statistic
from leadexec.testing.contract import ComponentContract, decoded

Strategy: TypeAlias = AutomationStrategy[Any]
_MANY = 10_000


def candidate_lists(most: int = 12) -> st.SearchStrategy[list[Candidate]]:
    """Return lists of up to ``most`` candidates with different accounts and many ties."""
    one = st.builds(
        Candidate,
        account_id=st.integers(1, 1_000),
        client_id=st.integers(1, 4),
        price=st.decimals(0, 100, places=4) | st.sampled_from([Decimal(0), Decimal(10)]),
        client_priority=st.integers(0, 2),
        account_priority=st.integers(0, 2),
        exclusive=st.booleans(),
    )
    return st.lists(one, max_size=most, unique_by=lambda candidate: candidate.account_id)


class _Declared(dict[Statistic, Mapping[int, int]]):
    """Statistics that fail the test when a strategy looks for one it did not declare."""

    def get(self, key: Any, default: Any = None) -> Any:
        assert key in self, f"{key} is not in `needs`"
        return super().get(key, default)

    def __missing__(self, key: Statistic) -> Mapping[int, int]:
        message = f"{key} is not in `needs`"
        raise AssertionError(message)


class AutomationStrategyContract(ComponentContract):
    """The standard tests of an ``AutomationStrategy``, over random candidates.

    Give ``component``, and ``examples`` with settings for every way in which it can sort.
    """

    component: ClassVar[type[Strategy]]

    def make(self, settings: Mapping[str, Any]) -> Strategy:
        """Return the strategy with the posted ``settings``."""
        return self.component(decoded(self.component.Settings, settings))

    def test_the_result_holds_each_candidate_at_most_once_and_no_other(self) -> None:
        """A strategy chooses and orders; it does not invent or reprice."""

        def law(strategy: Strategy, crowd: list[Candidate], context: SortContext) -> None:
            ordered = strategy.sort(crowd, context)
            assert len({candidate.account_id for candidate in ordered}) == len(ordered)
            assert all(candidate in crowd for candidate in ordered)

        self._for_all(law)

    def test_the_order_is_repeatable_and_the_order_of_arrival_does_not_matter(self) -> None:
        """Ties included: two workers must come to the same order."""

        def law(strategy: Strategy, crowd: list[Candidate], context: SortContext) -> None:
            ordered = list(strategy.sort(crowd, context))
            shuffled = crowd.copy()
            random.Random(len(crowd)).shuffle(shuffled)  # noqa: S311  any other order will do
            for again in (crowd, crowd[::-1], shuffled, tuple(crowd)):
                assert list(strategy.sort(again, context)) == ordered
            another = self.component(strategy.settings)
            assert list(another.sort(crowd, context)) == ordered

        self._for_all(law)

    def test_sorting_changes_nothing_it_was_given(self) -> None:
        """``sort`` is pure."""

        def law(strategy: Strategy, crowd: list[Candidate], context: SortContext) -> None:
            candidates, statistics = crowd.copy(), copy.deepcopy(context.statistics)
            assert strategy.sort(crowd, context) is not crowd
            assert crowd == candidates
            assert context.statistics == statistics

        self._for_all(law)

    def test_the_static_key_orders_as_sort_does(self) -> None:
        """Where there is one, the kernel keeps accounts in its order and does not sort."""

        def law(strategy: Strategy, crowd: list[Candidate], context: SortContext) -> None:
            keyed = [(key, c) for c in crowd if (key := strategy.static_key(c)) is not None]
            if not keyed:
                return
            assert len(keyed) == len(crowd), "a static key is for all candidates or for none"
            assert len({key for key, _ in keyed}) == len(crowd), "static keys must not tie"
            expected = [candidate for _, candidate in sorted(keyed, key=lambda pair: pair[0])]
            assert list(strategy.sort(crowd, context)) == expected

        self._for_all(law)

    def test_no_candidates_give_no_order(self) -> None:
        """A lead nobody wants is ordinary."""
        for strategy in self.instances():
            assert list(strategy.sort([], self._context(strategy, [], 1, [0]))) == []

    def test_ten_thousand_candidates_are_sorted(self) -> None:
        """Large accounts exist."""
        crowd = [
            Candidate(
                account_id=number,
                client_id=number % 997,
                price=Decimal(number * 7_919 % 10_007) / 100,
                client_priority=number % 5,
                account_priority=number % 3,
                exclusive=number % 4 == 0,
            )
            for number in range(1, _MANY + 1)
        ]
        for strategy in self.instances():
            ordered = strategy.sort(crowd, self._context(strategy, crowd, 3, [0, 5, 5, 2]))
            assert 0 < len(ordered) <= _MANY
            assert len({candidate.account_id for candidate in ordered}) == len(ordered)

    def _context(
        self, strategy: Strategy, crowd: Sequence[Candidate], slots: int, figures: Sequence[int]
    ) -> SortContext:
        """Return a context with just the statistics that the strategy declares."""
        of_accounts = {c.account_id: n for c, n in zip(crowd, cycle(figures), strict=False)}
        statistics = _Declared(dict.fromkeys(strategy.needs, of_accounts))
        return SortContext(slots=slots, sold=0, statistics=statistics)

    def _for_all(self, law: Callable[[Strategy, list[Candidate], SortContext], None]) -> None:
        for strategy in self.instances():
            self._check(law, strategy)

    def _check(
        self,
        law: Callable[[Strategy, list[Candidate], SortContext], None],
        strategy: Strategy,
    ) -> None:
        @settings(max_examples=60, deadline=None)
        @given(
            crowd=candidate_lists(),
            slots=st.integers(1, 5),
            sold=st.integers(0, 2),
            figures=st.lists(st.integers(0, 6), min_size=1, max_size=12),
        )
        def holds(crowd: list[Candidate], slots: int, sold: int, figures: list[int]) -> None:
            context = self._context(strategy, crowd, slots, figures)
            law(strategy, crowd, msgspec.structs.replace(context, sold=sold))

        holds()
