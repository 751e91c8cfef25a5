"""Who gets a lead: orders, counts, exclusivity, limits, prices, and what is said about it."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from leadexec.model.limits import QuantityLimits, ScheduleWindow, Weekday
from leadexec.model.source import AutomationUse
from leadexec.testing import FakeClock
from tests.system.buyers import ACCEPTS, FAILS, REJECTS
from tests.system.world import World, a_world, price_first

pytestmark = pytest.mark.anyio
PRIORITY = AutomationUse(strategy="priority")
ROUND_ROBIN = AutomationUse(strategy="round-robin")


# --- orders and counts


async def test_price_offers_the_highest_first_and_goes_on_when_it_declines(
    sqlite_world: World,
) -> None:
    campaign = await sqlite_world.campaign(automation=price_first())
    for name, price in (("a", 5), ("b", 9), ("c", 7)):
        await sqlite_world.buyer(campaign, name, price=price)
    sqlite_world.market.answers("b", REJECTS)

    uid = await sqlite_world.sell(campaign)

    assert sqlite_world.market.asked() == ["b", "c"]
    assert await sqlite_world.sold_to(uid) == ["c"]


async def test_price_optimization_sells_to_the_set_that_pays_most(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign(
        automation=price_first(optimize=True), maximum_delivery_count=2
    )
    await sqlite_world.buyer(campaign, "alone", price=16, exclusive=True)
    await sqlite_world.buyer(campaign, "one", price=9)
    await sqlite_world.buyer(campaign, "two", price=8)

    assert await sqlite_world.sold_to(await sqlite_world.sell(campaign)) == ["one", "two"]

    await sqlite_world.buyer(campaign, "better", price=18, exclusive=True)
    assert await sqlite_world.sold_to(await sqlite_world.sell(campaign)) == ["better"]


async def test_price_optimization_reckons_only_with_those_that_may_have_the_lead(
    sqlite_world: World,
) -> None:
    campaign = await sqlite_world.campaign(
        automation=price_first(optimize=True), maximum_delivery_count=2
    )
    today = sqlite_world.kernel.services.clock.now()
    other_day = list(Weekday)[(today.weekday() + 3) % 7]
    await sqlite_world.buyer(campaign, "alone", price=16, exclusive=True)
    await sqlite_world.buyer(campaign, "one", price=9)
    await sqlite_world.buyer(
        campaign, "closed today", price=8, schedule=[ScheduleWindow(day=other_day)]
    )

    assert await sqlite_world.sold_to(await sqlite_world.sell(campaign)) == ["alone"]


async def test_priority_goes_by_client_then_by_account(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign(automation=PRIORITY, maximum_delivery_count=9)
    await sqlite_world.buyer(campaign, "last", client_priority=1, priority=0)
    await sqlite_world.buyer(campaign, "second", client_priority=0, priority=5)
    await sqlite_world.buyer(campaign, "first", client_priority=0, priority=0)

    await sqlite_world.sell(campaign)

    assert sqlite_world.market.asked() == ["first", "second", "last"]


async def test_round_robin_serves_everybody_equally_also_over_restarts(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(automation=ROUND_ROBIN)
        for name in "abc":
            await world.buyer(campaign, name)
        await asyncio.gather(*(world.post(campaign) for _ in range(17)))
        await world.settled()
        market = world.market
    async with a_world(database_url, tmp_path, market=market) as world:
        await asyncio.gather(*(world.post(campaign) for _ in range(17)))
        await world.settled()

        counts = Counter(market.asked())
        assert sum(counts.values()) == 34
        assert max(counts.values()) - min(counts.values()) <= 1


async def test_a_lead_stops_at_its_maximum_delivery_count(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign(maximum_delivery_count=2)
    for name, price in (("a", 4), ("b", 3), ("c", 2), ("d", 1)):
        await sqlite_world.buyer(campaign, name, price=price)
    sqlite_world.market.answers("a", REJECTS)

    uid = await sqlite_world.sell(campaign)

    assert await sqlite_world.sold_to(uid) == ["b", "c"]
    assert (await sqlite_world.lead(uid))["delivered_count"] == 2
    assert sqlite_world.market.asked() == ["a", "b", "c"]


@pytest.mark.parametrize("optimize", [False, True])
async def test_an_exclusive_sale_ends_it_and_a_shared_one_shuts_exclusives_out(
    sqlite_world: World, optimize: bool
) -> None:
    campaign = await sqlite_world.campaign(
        automation=price_first(optimize=optimize), maximum_delivery_count=3
    )
    await sqlite_world.buyer(campaign, "alone", price=100, exclusive=True)
    for name in ("x", "y"):
        await sqlite_world.buyer(campaign, name, price=6)
    await sqlite_world.buyer(campaign, "alone too", price=5, exclusive=True)
    sqlite_world.market.answers("alone", ACCEPTS, REJECTS)

    assert await sqlite_world.sold_to(await sqlite_world.sell(campaign)) == ["alone"]
    assert await sqlite_world.sold_to(await sqlite_world.sell(campaign)) == ["x", "y"]


# --- limits


@pytest.mark.parametrize("automation", ["price", "priority", "round-robin"])
async def test_limits_of_accounts_are_exact_under_concurrency(
    database_url: str, tmp_path: Path, automation: str
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(automation=AutomationUse(strategy=automation))
        for index in range(6):
            await world.buyer(campaign, f"b{index}", daily=3, price=index + 1)

        await asyncio.gather(*(world.post(campaign) for _ in range(30)))
        await world.settled()

        assert Counter(world.market.asked()) == {f"b{index}": 3 for index in range(6)}
        statuses = Counter(row["status"] for row in await world.rows("leads"))
        assert statuses == {"delivered": 18, "unsold": 12}
        assert set((await world.used()).values()) == {3}
        unsold = (await world.rows("leads", status="unsold"))[0]
        assert unsold["code"] == "all_excluded"
        assert set((await world.why(unsold["uid"])).values()) == {"limit_reached"}


async def test_what_a_declined_delivery_took_up_is_given_back(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign()
    account = await sqlite_world.buyer(
        campaign, "choosy", limits=QuantityLimits(hourly=1, daily=1, weekly=1, monthly=1)
    )
    sqlite_world.market.answers("choosy", REJECTS, FAILS, RuntimeError("broken"), ACCEPTS)

    uids = [await sqlite_world.sell(campaign) for _ in range(5)]

    statuses = [(await sqlite_world.lead(uid))["status"] for uid in uids]
    assert statuses == ["unsold", "unsold", "unsold", "delivered", "unsold"]
    assert await sqlite_world.used() == {
        f"account:{account.id}:{window}": 1 for window in ("hour", "day", "week", "month")
    }


async def test_limits_count_in_the_clients_own_days(database_url: str, tmp_path: Path) -> None:
    clock = FakeClock()  # Monday 15:00 UTC: 10:00 in New York, Tuesday 00:00 in Tokyo at 15:00
    async with a_world(database_url, tmp_path, clock=clock) as world:
        campaign = await world.campaign(maximum_delivery_count=2)
        await world.buyer(campaign, "tokyo", daily=1, time_zone="Asia/Tokyo", price=2)
        await world.buyer(campaign, "new york", daily=1, time_zone="America/New_York", price=1)

        sold = []
        for hours in (0, 13, 11):  # 15:00, 04:00 and 15:00 UTC
            clock.advance(timedelta(hours=hours))
            sold.append(await world.sold_to(await world.sell(campaign)))

        assert sold == [["tokyo", "new york"], [], ["tokyo", "new york"]]


# --- schedules (DI11)


async def test_a_schedule_is_kept_in_the_clients_zone_over_the_change_of_the_clocks(
    database_url: str, tmp_path: Path
) -> None:
    # New York leaves daylight saving time on Sunday, 1 November 2026, 06:00 UTC.
    start = FakeClock().now()
    clock = FakeClock(start.replace(month=10, day=31, hour=0))
    async with a_world(database_url, tmp_path, clock=clock) as world:
        campaign = await world.campaign()
        hours = [ScheduleWindow(day=day, start="09:00", end="10:00") for day in Weekday]
        await world.buyer(campaign, "ny", schedule=hours, time_zone="America/New_York")

        open_at = []
        for _ in range(2 * 24 * 2):
            uid = await world.sell(campaign)
            if await world.sold_to(uid):
                open_at.append(f"{clock.now():%d %H:%M}")
            else:
                assert (await world.why(uid))["ny"] == "outside_schedule"
            clock.advance(timedelta(minutes=30))

        assert open_at == ["31 13:00", "31 13:30", "01 14:00", "01 14:30"]
