"""The answer comes within the sender's time, whatever the database does."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from leadexec import PostedLead, QuoteTerms, UnavailableError


class Stuck:
    """What never comes back, and whether it was cancelled."""

    def __init__(self) -> None:
        self.cancelled = 0

    async def __call__(self, *_: Any, **__: Any) -> Any:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


def test_a_ping_that_takes_too_long_is_answered_503_and_kept_afterwards(house: Any) -> None:
    house.setting(seconds=0.2)
    house.quotes.ask = stuck = Stuck()
    answer = house.ping(State="CA")

    assert (answer.status_code, answer.json()["code"]) == (503, "ping_timed_out")
    assert answer.headers["retry-after"] == "1"
    assert stuck.cancelled == 1
    (kept,) = house.intake.refused
    assert (kept.status, kept.code) == (503, "ping_timed_out")
    assert b'"CA"' in kept.post.body


def test_reading_the_setting_takes_of_the_time_too(house: Any) -> None:
    house.setting(seconds=0.2)
    house.ping()
    house.changed()
    house.storage.read = Stuck()

    assert house.ping().status_code == 503
    assert len(house.quotes.asked) == 1


def test_keeping_a_refused_ping_takes_of_the_time_too(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadexec_channel_ping_post.budget.USUAL_SECONDS", 0.2)
    monkeypatch.setattr("leadexec_channel_ping_post.receiver.KEEP_SECONDS", 0.2)
    house.intake.refuse = stuck = Stuck()
    answer = house.client.post("/ping/leads", content=b"{", headers={"Content-Type": "text/plain"})

    assert (answer.status_code, answer.json()["code"]) == (503, "ping_timed_out")
    assert stuck.cancelled == 2  # while the sender waited, and afterwards


def test_the_kernel_gets_what_is_left_of_the_time(house: Any) -> None:
    house.setting(seconds=3.0)
    read = house.storage.read

    async def slow(question: Callable[..., Any]) -> Any:
        house.clock.advance(1.25)
        return await read(question)

    house.storage.read = slow
    house.ping()

    _, terms = house.asked()
    assert terms.seconds == 1.75


def test_a_database_that_is_away_is_a_reason_to_ping_again(house: Any) -> None:
    async def away(post: Any, lead: PostedLead, terms: QuoteTerms) -> Any:
        raise UnavailableError("database_unavailable", "The database does not answer.")

    house.quotes.ask = away
    answer = house.ping()

    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert answer.headers["retry-after"] == "1"


def test_a_fault_of_ours_loses_no_ping(house: Any) -> None:
    async def broken(post: Any, lead: PostedLead, terms: QuoteTerms) -> Any:
        raise ZeroDivisionError

    house.quotes.ask = broken
    answer = house.ping(State="CA")

    assert answer.status_code == 500
    (kept,) = house.intake.refused
    assert (kept.status, kept.code) == (500, "internal_error")
