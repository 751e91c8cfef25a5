from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from leadexec_automation_round_robin.plugin import AutomationRoundRobinPlugin, RoundRobin

from leadexec import Candidate, NoSettings, SortContext, Statistic
from leadexec.testing import AutomationStrategyContract, a_candidate, fake_services


class TestRoundRobinConformance(AutomationStrategyContract):
    component = RoundRobin


class Turns:
    """The kernel's part: turns that count up, taken by whoever is offered a lead."""

    def __init__(self) -> None:
        self.last: dict[int, int] = {}
        self.offers: Counter[int] = Counter()

    def next_lead(self, crowd: list[Candidate], sales: int = 1) -> list[int]:
        context = SortContext(slots=sales, statistics={Statistic.LAST_TURN: dict(self.last)})
        offered = [c.account_id for c in RoundRobin(NoSettings()).sort(crowd, context)][:sales]
        for account_id in offered:
            self.last[account_id] = max(self.last.values(), default=0) + 1
            self.offers[account_id] += 1
        return offered


def test_five_leads_among_three_clients_go_2_2_1() -> None:
    turns, crowd = Turns(), [a_candidate(1), a_candidate(2), a_candidate(3)]
    offered = [turns.next_lead(crowd)[0] for _ in range(5)]
    assert offered == [1, 2, 3, 1, 2]


@given(
    st.lists(st.integers(1, 1_000), min_size=1, max_size=15, unique=True),
    st.integers(0, 80),
    st.integers(1, 6),
)
def test_nobody_is_ever_more_than_one_lead_ahead(ids: list[int], leads: int, sales: int) -> None:
    turns, crowd = Turns(), [a_candidate(number) for number in ids]
    for _ in range(leads):
        turns.next_lead(crowd, sales)
        counts = [turns.offers[number] for number in ids]
        assert max(counts) - min(counts) <= 1


def test_an_account_that_was_never_offered_a_lead_comes_before_all_others() -> None:
    turns = Turns()
    turns.next_lead([a_candidate(1), a_candidate(2)], sales=2)
    assert turns.next_lead([a_candidate(1), a_candidate(2), a_candidate(9)]) == [9]


def test_who_was_away_for_a_while_is_next_but_once_only() -> None:
    turns, pair = Turns(), [a_candidate(1), a_candidate(2)]
    turns.next_lead([*pair, a_candidate(3)], sales=3)
    for _ in range(4):
        turns.next_lead(pair)
    offered = [turns.next_lead([*pair, a_candidate(3)])[0] for _ in range(3)]
    assert offered == [3, 1, 2]


def test_only_the_last_turn_is_asked_of_the_database() -> None:
    assert RoundRobin.needs == {Statistic.LAST_TURN}
    assert RoundRobin(NoSettings()).static_key(a_candidate()) is None


def test_the_plugin_contributes_round_robin() -> None:
    plugin = AutomationRoundRobinPlugin(NoSettings(), fake_services())
    assert list(plugin.register_automation_strategies()) == [RoundRobin]
