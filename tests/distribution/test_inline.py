"""Campaigns that do not use the delivery queue: the answer waits and can tell (LS13, LS14)."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from leadexec import Accepted
from leadexec.model.delivery_method import RetrySettings
from leadexec.settings import IntakeSettings
from tests.system.buyers import ACCEPTS, FAILS, REJECTS
from tests.system.world import RECEIVER, World, a_world

pytestmark = pytest.mark.anyio


async def test_the_answer_lists_the_deliveries_and_the_redirect(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(
            use_delivery_queue=False, allow_send_responses=True, maximum_delivery_count=3
        )
        accounts = {
            name: await world.buyer(campaign, name, price=price, retry=retry)
            for name, price, retry in (
                ("no", 9, RetrySettings(enabled=False)),
                ("later", 8, RetrySettings()),
                ("yes", 7, RetrySettings(enabled=False)),
            )
        }
        world.market.answers("no", REJECTS)
        world.market.answers("later", FAILS)
        world.market.answers("yes", Accepted(redirect_url="https://buyer.example/welcome"))

        told = (await world.post(campaign)).json()

        assert told["redirect_url"] == "https://buyer.example/welcome"
        names = {account.id: name for name, account in accounts.items()}
        assert [
            (names[one["delivery_account"]], one["status"], one["price"], one["redirect_url"])
            for one in told["deliveries"]
        ] == [
            ("no", "rejected", "0.00", None),
            ("later", "pending", "0.00", None),
            ("yes", "accepted", "7.00", "https://buyer.example/welcome"),
        ]


async def test_deliveries_are_told_only_where_the_campaign_allows_it(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        lead_type = await world.lead_type()
        open_ = await world.campaign(lead_type, use_delivery_queue=False, allow_send_responses=True)
        silent = await world.campaign(lead_type, use_delivery_queue=False)
        queued = await world.campaign(lead_type, allow_send_responses=True)
        await world.buyer(open_, "x")
        world.market.answers("x", Accepted(redirect_url="https://x.example"))
        leads = [
            {"campaign": campaign.id, "fields": {"State": "CA"}}
            for campaign in (open_, silent, queued)
        ]

        first = await world.client.post(RECEIVER, json=leads, headers={"idempotency-key": "k"})
        await world.settled()
        again = await world.client.post(RECEIVER, json=leads, headers={"idempotency-key": "k"})

        told = first.json()["leads"]
        assert [one["deliveries"] is not None for one in told] == [True, False, False]
        assert [one["redirect_url"] for one in told] == ["https://x.example"] * 2 + [None]
        assert again.content == first.content


async def test_what_is_not_ready_in_time_goes_on_behind_the_answer(
    database_url: str, tmp_path: Path
) -> None:
    settings = IntakeSettings(answer_seconds=0.2)
    async with a_world(database_url, tmp_path, intake=settings) as world:
        campaign = await world.campaign(
            use_delivery_queue=False, allow_send_responses=True, maximum_delivery_count=2
        )
        await world.buyer(campaign, "quick", price=9)
        await world.buyer(campaign, "mute", price=5, retry=RetrySettings())

        async def forever(_post: Any) -> Any:
            await asyncio.Event().wait()

        world.market.answers("mute", forever)

        told = (await world.post(campaign)).json()

        assert told["status"] == "accepted"
        states = [one["status"] for one in told["deliveries"]]
        assert states == ["accepted", "pending"]
        await world.settled()
        assert (await world.lead(told["lead"]))["status"] == "queued"
        assert [row["owner"] for row in await world.rows("jobs")] == [""]


async def test_an_answer_can_wait_also_where_no_jobs_are_run(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path, run_jobs=False) as world:
        campaign = await world.campaign(use_delivery_queue=False, allow_send_responses=True)
        await world.buyer(campaign, "x")

        told = (await world.post(campaign)).json()

        assert [one["status"] for one in told["deliveries"]] == ["accepted"]
        assert await world.rows("jobs") == []


async def test_a_fault_while_the_sender_waits_leaves_the_lead_to_be_tried_again(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadexec.distribution import distributor

    def broken(*_: Any, **__: Any) -> Any:
        message = "a fault of ours"
        raise RuntimeError(message)

    campaign = await sqlite_world.campaign(use_delivery_queue=False)
    await sqlite_world.buyer(campaign, "x")
    with monkeypatch.context() as patched:
        patched.setattr(distributor, "Walk", broken)
        answer = await sqlite_world.post(campaign)
        await sqlite_world.settled()

    assert answer.status_code == 201
    (job,) = await sqlite_world.rows("jobs")
    assert (job["owner"], job["attempts"], job["dead"]) == ("", 1, False)
    assert "a fault of ours" in job["error"]


async def test_a_lead_for_which_the_sender_waits_is_sold_once(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(use_delivery_queue=False)
        await world.buyer(campaign, "x")
        world.market.answers("x", ACCEPTS)

        await asyncio.gather(*(world.post(campaign) for _ in range(40)))
        await world.settled()

        assert len(world.market.posts) == 40
        assert len({post.sale.delivery_uid for post in world.market.posts}) == 40
