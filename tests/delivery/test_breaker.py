"""Circuits open after failures in a row, let one try through when their time is up, and close."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadexec.delivery.breaker import CIRCUIT_OPEN, JITTER, SPREAD, Breaker, DeliverySettings
from leadexec.model.delivery_method import ConfiguredDeliveryMethod
from leadexec.testing import FakeClock, FakeRandomness

SETTINGS = DeliverySettings(
    circuit_failures=3, circuit_open_seconds=10, circuit_cap_seconds=40, circuit_wait_seconds=60
)


def a_method(**changes: Any) -> ConfiguredDeliveryMethod:
    values: dict[str, Any] = {
        "id": 1,
        "revision": 1,
        "name": "Hook",
        "client": 1,
        "lead_type": 1,
        "type": "hook",
    }
    return ConfiguredDeliveryMethod(**values | changes)


METHOD = a_method()


class Line:
    """One method's circuit and its clock."""

    def __init__(self, settings: DeliverySettings = SETTINGS) -> None:
        self.clock = FakeClock()
        self.breaker = Breaker(self.clock, FakeRandomness(), settings)

    def try_once(self, *, reached: bool | None, method: ConfiguredDeliveryMethod = METHOD) -> bool:
        """Make a try if it may be made; return whether it was."""
        passage = self.breaker.enter(method)
        if passage.again is not None:
            return False
        self.breaker.leave(method, passage, reached=reached)
        return True

    def fail(self, times: int) -> None:
        for _ in range(times):
            assert self.try_once(reached=False)

    def open(self) -> None:
        self.fail(SETTINGS.circuit_failures)
        assert not self.closed

    @property
    def closed(self) -> bool:
        return not self.breaker.states()


@pytest.fixture
def line() -> Line:
    return Line()


def test_failures_in_a_row_open_the_circuit_and_nothing_is_sent(line: Line) -> None:
    line.fail(2)
    assert line.closed

    line.fail(1)

    assert not line.try_once(reached=True)
    why = line.breaker.exclusion(METHOD)
    assert why is not None
    assert (why.code, "failed 3 times in a row" in why.text) == (CIRCUIT_OPEN, True)


def test_an_answer_between_failures_begins_the_count_anew(line: Line) -> None:
    line.fail(2)
    line.try_once(reached=True)
    line.fail(2)

    assert line.closed


def test_a_try_that_says_nothing_about_the_buyer_is_not_counted(line: Line) -> None:
    line.fail(2)
    line.try_once(reached=None)
    assert line.closed

    line.fail(1)

    assert not line.closed


def test_when_its_time_is_up_one_try_is_let_through_and_no_other(line: Line) -> None:
    line.open()
    line.clock.advance(10)

    assert line.breaker.exclusion(METHOD) is None
    passage = line.breaker.enter(METHOD)

    assert (passage.again, passage.alone) == (None, True)
    assert line.breaker.enter(METHOD).again is not None
    why = line.breaker.exclusion(METHOD)
    assert why is not None
    assert why.text.endswith("while it is tried.")
    (state,) = line.breaker.states()
    assert (state.method_id, state.half_open, state.failures) == (1, True, 3)


def test_the_answer_to_the_one_try_closes_the_circuit(line: Line) -> None:
    line.open()
    line.clock.advance(10)

    line.try_once(reached=True)

    assert line.closed
    line.fail(2)
    assert line.closed


def test_a_try_that_was_let_through_and_given_up_leaves_the_place_to_the_next(line: Line) -> None:
    line.open()
    line.clock.advance(10)

    assert line.try_once(reached=None)

    assert line.try_once(reached=True)
    assert line.closed


def test_a_circuit_that_opens_again_is_open_longer_up_to_the_cap(line: Line) -> None:
    line.open()
    spans = []
    for _ in range(5):
        (state,) = line.breaker.states()
        spans.append((state.until - line.clock.now()).total_seconds())
        line.clock.advance(state.until - line.clock.now())
        assert line.try_once(reached=False)

    for span, full in zip(spans, [10, 20, 40, 40, 40], strict=True):
        assert full * (1 - JITTER) <= span <= full
    (state,) = line.breaker.states()
    assert state.opened_at == FakeClock().now()


def test_those_who_wait_come_back_spread_after_the_circuit_opens_a_gap(line: Line) -> None:
    line.open()
    (state,) = line.breaker.states()

    again = [line.breaker.enter(METHOD).again for _ in range(20)]

    latest = state.until + timedelta(seconds=SETTINGS.circuit_open_seconds * SPREAD)
    assert all(at is not None and state.until <= at <= latest for at in again)
    assert len(set(again)) == 20


def test_failures_of_tries_that_began_before_it_opened_do_not_keep_it_open_longer(
    line: Line,
) -> None:
    early = line.breaker.enter(METHOD)
    line.open()
    before = line.breaker.states()

    line.breaker.leave(METHOD, early, reached=False)

    assert line.breaker.states() == before


def test_a_late_answer_to_a_try_from_before_closes_it(line: Line) -> None:
    early = line.breaker.enter(METHOD)
    line.open()

    line.breaker.leave(METHOD, early, reached=True)

    assert line.closed


def test_a_method_that_was_changed_starts_anew(line: Line) -> None:
    line.open()
    changed = a_method(revision=2)

    assert line.breaker.exclusion(changed) is None
    assert line.try_once(reached=False, method=changed)
    assert line.closed


def test_the_end_of_a_try_by_the_method_as_it_was_is_not_held_against_the_new_one(
    line: Line,
) -> None:
    early = line.breaker.enter(METHOD)
    changed = a_method(revision=2)
    for _ in range(2):
        line.try_once(reached=False, method=changed)

    line.breaker.leave(METHOD, early, reached=False)

    assert line.closed


def test_each_method_has_a_circuit_of_its_own(line: Line) -> None:
    line.open()

    assert line.try_once(reached=True, method=a_method(id=2))
    assert [state.method_id for state in line.breaker.states()] == [1]


def test_without_a_number_of_failures_no_circuit_opens() -> None:
    line = Line(DeliverySettings(circuit_failures=0))

    line.fail(100)

    assert line.closed


def test_a_delivery_waits_for_a_circuit_no_longer_than_it_may(line: Line) -> None:
    reserved_at = line.clock.now()
    line.clock.advance(59)
    assert line.breaker.may_wait(reserved_at)

    line.clock.advance(1)

    assert not line.breaker.may_wait(reserved_at)


@given(st.lists(st.tuples(st.sampled_from([True, False, None]), st.floats(0, 50)), max_size=60))
def test_a_method_is_left_alone_only_after_failures_in_a_row_and_never_for_good(
    story: list[tuple[bool | None, float]],
) -> None:
    line = Line()
    failures = 0
    for reached, seconds in story:
        made = line.try_once(reached=reached)
        if not made:
            assert failures >= SETTINGS.circuit_failures
        elif reached is not None:
            failures = 0 if reached else failures + 1
        line.clock.advance(seconds)

    line.clock.advance(SETTINGS.circuit_cap_seconds)

    assert line.try_once(reached=True)
    assert line.closed
