from decimal import Decimal

from leadexec_automation_priority.plugin import AutomationPriorityPlugin, Priority

from leadexec import Candidate, NoSettings, SortContext
from leadexec.testing import AutomationStrategyContract, a_candidate, fake_services


class TestPriorityConformance(AutomationStrategyContract):
    component = Priority


def order_of(*candidates: Candidate) -> list[int]:
    ordered = Priority(NoSettings()).sort(candidates, SortContext(slots=1))
    return [candidate.account_id for candidate in ordered]


def test_the_client_with_priority_0_comes_first_whatever_it_pays() -> None:
    assert order_of(
        a_candidate(1, client_priority=2, price=Decimal(90)),
        a_candidate(2, client_priority=0, price=Decimal(1)),
        a_candidate(3, client_priority=1, price=Decimal(50)),
    ) == [2, 3, 1]


def test_accounts_of_equal_clients_follow_their_own_priority() -> None:
    assert order_of(
        a_candidate(1, client_priority=1, account_priority=0),
        a_candidate(2, client_priority=0, account_priority=9),
        a_candidate(3, client_priority=0, account_priority=4),
    ) == [3, 2, 1]


def test_ties_go_to_the_higher_price_and_then_to_the_lowest_account() -> None:
    assert order_of(
        a_candidate(8, price=Decimal(10)),
        a_candidate(3, price=Decimal("10.0")),
        a_candidate(5, price=Decimal("10.01")),
    ) == [5, 3, 8]


def test_the_plugin_contributes_priority() -> None:
    plugin = AutomationPriorityPlugin(NoSettings(), fake_services())
    assert list(plugin.register_automation_strategies()) == [Priority]
