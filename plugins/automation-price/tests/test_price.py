from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from leadexec_automation_price.plugin import AutomationPricePlugin, Price, PriceSettings

from leadexec import Candidate, NoSettings, SortContext
from leadexec.testing import AutomationStrategyContract, a_candidate, fake_services

OPTIMIZED = Price(PriceSettings())
PLAIN = Price(PriceSettings(optimize=False))


class TestPriceConformance(AutomationStrategyContract):
    component = Price
    examples = ({}, {"optimize": True}, {"optimize": False})
    bad_settings = ({"optimize": "perhaps"},)


def accounts(candidates: Sequence[Candidate]) -> list[int]:
    return [candidate.account_id for candidate in candidates]


def for_price(account_id: int, price: str, *, exclusive: bool = False) -> Candidate:
    return a_candidate(account_id, price=Decimal(price), exclusive=exclusive)


def sold_to(ordered: Sequence[Candidate], slots: int) -> list[Candidate]:
    """Walk the order as the kernel does, everybody accepting."""
    sold: list[Candidate] = []
    for candidate in ordered:
        if candidate.exclusive and sold:
            continue
        sold.append(candidate)
        if candidate.exclusive or len(sold) == slots:
            break
    return sold


def best_revenue(candidates: Sequence[Candidate], slots: int, *, sold: bool) -> Decimal:
    shared = [c for c in candidates if not c.exclusive]
    sets: list[tuple[Candidate, ...]] = [()]
    for size in range(1, slots + 1):
        sets.extend(combinations(shared, size))
    if not sold:
        sets.extend((c,) for c in candidates if c.exclusive)
    return max(sum((c.price for c in chosen), Decimal(0)) for chosen in sets)


candidate_sets = st.lists(
    st.builds(
        a_candidate,
        st.integers(1, 500),
        price=st.decimals(0, 50, places=2) | st.sampled_from([Decimal(10), Decimal(20)]),
        exclusive=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda c: c.account_id,
)


@given(candidate_sets, st.integers(1, 5), st.booleans())
def test_the_optimized_order_earns_as_much_as_the_best_of_all_sets(
    candidates: list[Candidate], slots: int, sold: bool
) -> None:
    context = SortContext(slots=slots, sold=int(sold))

    sales = sold_to(OPTIMIZED.sort(candidates, context), slots)

    revenue = sum((c.price for c in sales), Decimal(0))
    assert revenue == best_revenue(candidates, slots, sold=sold)


def test_two_shared_clients_that_pay_more_together_come_before_an_exclusive_one() -> None:
    crowd = [for_price(1, "50", exclusive=True), for_price(2, "30"), for_price(3, "25")]
    assert accounts(OPTIMIZED.sort(crowd, SortContext(slots=2))) == [2, 3, 1]


def test_an_exclusive_client_that_pays_more_than_the_free_slots_comes_first() -> None:
    crowd = [for_price(1, "50", exclusive=True), for_price(2, "30"), for_price(3, "25")]
    assert accounts(OPTIMIZED.sort(crowd, SortContext(slots=1))) == [1, 2, 3]


def test_an_exclusive_client_that_pays_just_as_much_waits_for_the_shared_ones() -> None:
    crowd = [for_price(1, "55", exclusive=True), for_price(2, "30"), for_price(3, "25")]
    assert accounts(OPTIMIZED.sort(crowd, SortContext(slots=2))) == [2, 3, 1]


def test_exclusive_clients_are_left_out_once_the_lead_was_sold_shared() -> None:
    crowd = [for_price(1, "500", exclusive=True), for_price(2, "30")]
    assert accounts(OPTIMIZED.sort(crowd, SortContext(slots=2, sold=1))) == [2]


def test_when_the_best_exclusive_client_drops_out_the_next_best_choice_follows() -> None:
    crowd = [
        for_price(1, "100", exclusive=True),
        for_price(2, "10", exclusive=True),
        for_price(3, "60"),
    ]
    assert accounts(OPTIMIZED.sort(crowd, SortContext(slots=2))) == [1, 3, 2]


def test_without_optimization_the_highest_single_price_comes_first() -> None:
    crowd = [for_price(2, "30"), for_price(1, "50", exclusive=True), for_price(3, "25")]
    assert accounts(PLAIN.sort(crowd, SortContext(slots=2))) == [1, 2, 3]


def test_ties_go_to_shared_clients_and_then_to_the_lowest_account() -> None:
    crowd = [for_price(9, "10"), for_price(1, "10", exclusive=True), for_price(4, "10")]
    assert accounts(PLAIN.sort(crowd, SortContext(slots=1))) == [4, 9, 1]
    assert accounts(OPTIMIZED.sort(crowd, SortContext(slots=1))) == [4, 9, 1]


def test_the_order_is_static_only_without_optimization() -> None:
    assert OPTIMIZED.static_key(a_candidate()) is None
    assert PLAIN.static_key(a_candidate(7, price=Decimal("2.5"))) == (Decimal("-2.5"), 0, 7)


def test_the_plugin_contributes_price() -> None:
    plugin = AutomationPricePlugin(NoSettings(), fake_services())
    assert list(plugin.register_automation_strategies()) == [Price]
