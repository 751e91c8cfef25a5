"""Several kernels on one database share the work: nothing twice, limits exact, turns fair."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from leadexec.model.delivery_method import RetrySettings
from leadexec.model.limits import QuantityLimits
from leadexec.model.source import AutomationUse, ValidatorUse
from tests.system.buyers import ACCEPTS, FAILS, REJECTS, Market
from tests.system.world import World, a_world, price_first

pytestmark = pytest.mark.anyio


async def several(
    stack: AsyncExitStack, url: str, data: Path, market: Market, *run_jobs: bool
) -> list[World]:
    """Start one system per flag, all on one database and one market."""
    return [
        await stack.enter_async_context(a_world(url, data, market=market, run_jobs=run))
        for run in run_jobs
    ]


async def all_settled(worlds: list[World]) -> None:
    """Wait until no job is left anywhere."""
    async with asyncio.timeout(60):
        while await worlds[0].rows("jobs"):
            for world in worlds:
                if world.kernel.runner.accepting():
                    await world.settled()
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("automation", ["round-robin", "price", "priority"])
async def test_two_kernels_share_limits_and_turns_to_the_last_lead(
    database_url: str, tmp_path: Path, automation: str
) -> None:
    market = Market()
    async with AsyncExitStack() as stack:
        worlds = await several(stack, database_url, tmp_path, market, True, True, False)
        campaign = await worlds[0].campaign(
            automation=AutomationUse(strategy=automation),
            limits=QuantityLimits(daily=100),
            validators=(ValidatorUse(validator="duplicate"),),
        )
        for index in range(5):
            await worlds[0].buyer(campaign, f"b{index}", price=index, daily=17)
        for world in worlds:
            await world.kernel.loader.refresh()

        answers = await asyncio.gather(
            *(
                worlds[number % 3].post(campaign, Phone=f"(212) 555-{1000 + number % 120}")
                for number in range(150)
            )
        )
        await all_settled(worlds)

        codes = Counter(answer.json()["code"] for answer in answers)
        assert codes["accepted"] == 100
        assert codes["accepted"] + codes["duplicate_lead"] + codes["campaign_limit_reached"] == 150
        statuses = Counter(row["status"] for row in await worlds[0].rows("leads"))
        assert (statuses["delivered"], statuses["unsold"]) == (85, 15)
        assert Counter(market.asked()) == {f"b{index}": 17 for index in range(5)}
        assert len({post.key for post in market.posts}) == 85


async def test_two_kernels_take_turns_fairly(database_url: str, tmp_path: Path) -> None:
    market = Market()
    async with AsyncExitStack() as stack:
        worlds = await several(stack, database_url, tmp_path, market, True, True)
        campaign = await worlds[0].campaign(automation=AutomationUse(strategy="round-robin"))
        for index in range(7):
            await worlds[0].buyer(campaign, f"b{index}")
        await worlds[1].kernel.loader.refresh()

        await asyncio.gather(*(worlds[number % 2].post(campaign) for number in range(100)))
        await all_settled(worlds)

        counts = Counter(market.asked())
        assert sum(counts.values()) == 100
        assert max(counts.values()) - min(counts.values()) <= 1


async def test_two_kernels_count_right_with_buyers_that_decline_and_fail(
    database_url: str, tmp_path: Path
) -> None:
    market = Market()
    async with AsyncExitStack() as stack:
        worlds = await several(stack, database_url, tmp_path, market, True, True)
        campaign = await worlds[0].campaign(
            automation=price_first(optimize=True), maximum_delivery_count=3
        )
        accounts = {}
        for index in range(6):
            name = f"b{index}"
            accounts[name] = await worlds[0].buyer(
                campaign,
                name,
                price=index,
                daily=10,
                retry=RetrySettings(maximum=1, gap_seconds=1),
            )
            market.answers(name, *([ACCEPTS, REJECTS, ACCEPTS, FAILS] * 40))
        await worlds[1].kernel.loader.refresh()

        await asyncio.gather(*(worlds[number % 2].post(campaign) for number in range(40)))
        await all_settled(worlds)

        deliveries = await worlds[0].rows("deliveries")
        sold = Counter(row["account_id"] for row in deliveries if row["state"] == "accepted")
        used = await worlds[0].used()
        assert {f"account:{a.id}:day": sold[a.id] for a in accounts.values()} == used
        assert max(sold.values()) <= 10
        leads = await worlds[0].rows("leads")
        assert sum(row["delivered_count"] for row in leads) == sum(sold.values())
        once: Any = Counter((row["lead_uid"], row["account_id"]) for row in deliveries)
        assert set(once.values()) == {1}
