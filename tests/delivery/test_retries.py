"""Tries at a delivery: put off, repeated with the same key, recorded, given up."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from leadexec import Failed, Rejected
from leadexec.model.delivery_method import RetrySettings
from leadexec.testing import FakeClock
from tests.system.buyers import ACCEPTS, FAILS, REJECTS
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio


async def forever(_post: Any) -> Any:
    await asyncio.Event().wait()


async def test_a_failed_delivery_is_put_off_then_repeated_with_the_same_key(
    database_url: str, tmp_path: Path
) -> None:
    clock = FakeClock()
    async with a_world(database_url, tmp_path, clock=clock) as world:
        campaign = await world.campaign()
        account = await world.buyer(
            campaign, "slow", daily=1, retry=RetrySettings(maximum=3, gap_seconds=60)
        )
        world.market.answers("slow", FAILS, RuntimeError("broken"), ACCEPTS)

        uid = await world.sell(campaign)

        (delivery,) = await world.rows("deliveries")
        assert (delivery["state"], delivery["next_at"]) == (
            "reserved",
            clock.now() + timedelta(seconds=60),
        )
        (job,) = await world.rows("jobs")
        assert (job["run_at"], job["owner"]) == (delivery["next_at"], "")
        assert await world.used() == {f"account:{account.id}:day": 1}
        clock.advance(59.9)
        await world.settled()
        assert len(world.market.posts) == 1
        clock.advance(0.1)
        await world.settled()
        assert (await world.lead(uid))["status"] == "queued"
        clock.advance(60)
        await world.settled()

        assert (await world.lead(uid))["status"] == "delivered"
        assert [post.number for post in world.market.posts] == [1, 2, 3]
        assert {post.key for post in world.market.posts} == {delivery["uid"]}
        tries = await world.rows("attempts")
        assert [(t["number"], t["verdict"], t["code"]) for t in tries] == [
            (1, "failed", "unreachable"),
            (2, "failed", "plugin_raised"),
            (3, "accepted", "accepted"),
        ]
        assert tries[0]["exchanges"][0]["status"] == 200
        assert "Ada" in tries[2]["exchanges"][0]["request"]
        assert await world.rows("jobs") == []
        assert await world.used() == {f"account:{account.id}:day": 1}


async def test_past_the_last_retry_it_is_failed_and_the_next_candidate_takes_the_slot(
    database_url: str, tmp_path: Path
) -> None:
    clock = FakeClock()
    async with a_world(database_url, tmp_path, clock=clock) as world:
        campaign = await world.campaign()
        retry = RetrySettings(maximum=2, gap_seconds=10)
        dead = await world.buyer(campaign, "dead", price=9, daily=5, retry=retry)
        await world.buyer(campaign, "alive", price=1)
        world.market.answers("dead", FAILS)

        uid = await world.sell(campaign)
        for _ in range(2):
            clock.advance(10)
            await world.settled()

        assert world.market.asked() == ["dead", "dead", "dead", "alive"]
        assert await world.sold_to(uid) == ["alive"]
        failed, _ = await world.rows("deliveries")
        assert (failed["state"], failed["attempts"]) == ("failed", 3)
        assert await world.used() == {f"account:{dead.id}:day": 0}
        assert await world.why(uid) == {"dead": "unreachable", "alive": "accepted"}


async def test_one_pending_delivery_does_not_keep_the_other_slots_waiting(
    sqlite_world: World,
) -> None:
    campaign = await sqlite_world.campaign(maximum_delivery_count=2)
    await sqlite_world.buyer(campaign, "slow", price=9, retry=RetrySettings())
    for name, price in (("a", 5), ("b", 4)):
        await sqlite_world.buyer(campaign, name, price=price)
    sqlite_world.market.answers("slow", FAILS)

    uid = await sqlite_world.sell(campaign)

    assert await sqlite_world.sold_to(uid) == ["a"]
    assert (await sqlite_world.lead(uid))["status"] == "queued"


@pytest.mark.parametrize(
    ("answer", "state"),
    [(Failed(code="gone", retry=False), "failed"), (REJECTS, "rejected")],
)
async def test_what_is_not_to_be_repeated_is_not(
    sqlite_world: World, answer: Any, state: str
) -> None:
    campaign = await sqlite_world.campaign()
    await sqlite_world.buyer(campaign, "x", retry=RetrySettings())
    sqlite_world.market.answers("x", answer)

    uid = await sqlite_world.sell(campaign)

    assert (await sqlite_world.lead(uid))["status"] == "unsold"
    assert [row["state"] for row in await sqlite_world.rows("deliveries")] == [state]


async def test_a_buyer_that_does_not_answer_in_time_is_a_failure_with_its_request(
    sqlite_world: World,
) -> None:
    campaign = await sqlite_world.campaign()
    await sqlite_world.buyer(campaign, "mute", timeout=0.05)
    sqlite_world.market.answers("mute", forever)

    await sqlite_world.sell(campaign)

    (tried,) = await sqlite_world.rows("attempts")
    assert (tried["verdict"], tried["code"]) == ("failed", "timeout")
    assert "Ada" in tried["exchanges"][0]["request"]


@pytest.mark.parametrize(
    "answer",
    [
        lambda post: None,
        lambda post: "accepted",
        lambda post: Rejected(code=None),  # type: ignore[arg-type]
        lambda post: Failed(code="x", reason=b"\xff"),  # type: ignore[arg-type]
    ],
)
async def test_what_is_no_outcome_is_no_sale(sqlite_world: World, answer: Any) -> None:
    async def said(post: Any) -> Any:
        return answer(post)

    campaign = await sqlite_world.campaign()
    await sqlite_world.buyer(campaign, "odd", price=9, retry=RetrySettings())
    await sqlite_world.buyer(campaign, "sound", price=1)
    sqlite_world.market.answers("odd", said)

    uid = await sqlite_world.sell(campaign)

    assert await sqlite_world.sold_to(uid) == ["sound"]
    assert sqlite_world.kernel.faults.counts.keys() == {"market"}


async def test_exponential_gaps_grow_and_are_spread() -> None:
    from leadexec.delivery.retries import next_try
    from leadexec.testing import FakeRandomness

    retry = RetrySettings(maximum=20, gap_seconds=10, exponential=True)
    chance = FakeRandomness()
    gaps = [next_try(retry, tries, chance) for tries in range(1, 22)]

    assert gaps[20] is None
    assert all(
        gap is not None and 0.5 <= gap / min(10 * 2**index, 86_400) < 1.5
        for index, gap in enumerate(gaps[:20])
    )
